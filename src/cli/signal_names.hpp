// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

namespace oci::cli {

/// "KILL", "SIGKILL", "sigkill", "9", "RTMIN+3", "RTMAX-1". 0 asks only whether a
/// signal could be sent.
[[nodiscard]] std::optional<int> parse_signal(std::string_view text);

}  // namespace oci::cli
