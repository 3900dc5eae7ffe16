// SPDX-License-Identifier: Apache-2.0
//
// advice: what usually mends an error, by where it happened and its errno.
#pragma once

#include <string_view>

#include "oci-rt/error.hpp"

namespace oci {

/// The error's own hint, or what helps against its errno in its phase; may be empty.
[[nodiscard]] std::string_view hint_of(const Error& error) noexcept;

}  // namespace oci
