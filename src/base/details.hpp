// SPDX-License-Identifier: Apache-2.0
//
// details: what an error says to programs besides its message.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/error_codes.hpp"
#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"

namespace oci {

/// The name of an error code; one that is not in the table does not compile.
class Code {
public:
    constexpr Code() = default;
    consteval Code(const char* name) : name_{name} {
        if (!is_error_code(name_)) is_not_an_error_code();
    }

    [[nodiscard]] constexpr std::string_view name() const noexcept { return name_; }

private:
    static void is_not_an_error_code() {}  // not constexpr: calling it is the error

    std::string_view name_;
};

/// Each may be empty.
struct Details {
    Code code{};
    std::string phase{};
    std::string pointer{};
    int number = 0;  ///< errno
    std::string hint{};
};

/// Fills in what the error does not say by itself yet: the innermost counts.
[[nodiscard]] Failure<Error> with(Failure<Error> failure, Details details);

template <typename T>
Result<T> with(Result<T> result, Details details) {
    if (result) return result;
    return with(Failure<Error>{std::move(result).error()}, std::move(details));
}

/// Only if it failed with this errno.
template <typename T>
Result<T> with_if(int number, Result<T> result, Details details) {
    if (result || result.error().number != number) return result;
    return with(std::move(result), std::move(details));
}

/// Only if it is of this kind.
template <typename T>
Result<T> with_if(ErrorKind kind, Result<T> result, Details details) {
    if (result || result.error().kind != kind) return result;
    return with(std::move(result), std::move(details));
}

}  // namespace oci
