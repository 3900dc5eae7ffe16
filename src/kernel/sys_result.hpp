// SPDX-License-Identifier: Apache-2.0
//
// The answer of a system call. Trivially copyable and free of allocation, so
// the same wrappers serve both sides of clone().
#pragma once

#include <cerrno>
#include <concepts>
#include <string>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"

namespace oci::kernel {

/// The C library's text in the lower case that callers of runtimes look for:
/// "no such file or directory".
[[nodiscard]] std::string errno_text(int code);

struct SysError {
    int code = 0;
    const char* call = "";

    explicit operator Error() const;
};

template <typename T>
using SysResult = Result<T, SysError>;

/// Turns "-1 and errno" into a SysResult.
inline SysResult<long> answer(const char* call, std::signed_integral auto returned) noexcept {
    if (returned < 0) return Failure{SysError{errno, call}};
    return static_cast<long>(returned);
}

/// The error for a state of things that no system call reports by itself.
inline Failure<SysError> refuse(int code, const char* why) noexcept {
    return Failure{SysError{code, why}};
}

}  // namespace oci::kernel
