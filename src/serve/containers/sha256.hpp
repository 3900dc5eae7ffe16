// SPDX-License-Identifier: Apache-2.0
//
// sha256: of small texts. Content of images is hashed elsewhere, and faster.
#pragma once

#include <string>
#include <string_view>

namespace oci::serve {

/// 64 digits.
[[nodiscard]] std::string sha256_hex(std::string_view text);

}  // namespace oci::serve
