// SPDX-License-Identifier: Apache-2.0
//
// state document: the one fact that a hook needs of what it reads on standard input.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string_view>

namespace oci::network {

/// "pid" of the outermost object; nothing if the text is no such document.
[[nodiscard]] std::optional<pid_t> pid_in(std::string_view text) noexcept;

}  // namespace oci::network
