// SPDX-License-Identifier: Apache-2.0
//
// error code: what programs may rely on in an error, whatever its words.
#pragma once

#include <string_view>

#include "oci-rt/error.hpp"

namespace oci {

/// The error's own code, or the one of its kind: "invalid-config", "not-found",
/// "already-exists", "wrong-status", "unsupported"; a failed system call also by its errno:
/// "permission-denied", "no-space", "too-many-open-files", "out-of-memory", "system".
[[nodiscard]] std::string_view code_of(const Error& error) noexcept;

}  // namespace oci
