// SPDX-License-Identifier: Apache-2.0
//
// advice: what usually mends an error, by where it happened, what failed and its errno.
#pragma once

#include <string>
#include <string_view>

#include "oci-rt/error.hpp"

namespace oci {

/// Fills in code and hint, where the error has none, by its phase and errno and the call
/// that failed: "fsopen".
void advise(Error& error, std::string_view call);

/// The error's own hint, or what helps against its errno in its phase; may be empty.
[[nodiscard]] std::string_view hint_of(const Error& error) noexcept;

/// The whole of it for people: the message, and the hint after a semicolon. One line
/// without control characters, of at most 4096 bytes; a message that is too long is cut.
[[nodiscard]] std::string text_of(const Error& error);

}  // namespace oci
