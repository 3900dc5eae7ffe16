// SPDX-License-Identifier: Apache-2.0
//
// base64: RFC 4648, section 4, as Basic authentication and the files of credentials have it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace oci {

[[nodiscard]] std::string base64_of(std::string_view bytes);

/// Padding may be left out; anything else that is out of order is nothing.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

}  // namespace oci
