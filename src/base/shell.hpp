// SPDX-License-Identifier: Apache-2.0
//
// shell: texts as words of a command that somebody may copy. They come from
// configurations, and must not be able to say more than one word.
#pragma once

#include <string>
#include <string_view>

namespace oci {

/// In single quotes unless it needs none.
[[nodiscard]] std::string shell_quoted(std::string_view text);

}  // namespace oci
