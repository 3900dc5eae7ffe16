// SPDX-License-Identifier: Apache-2.0
//
// change error: a Result on its way up, whose error somebody adds to.
#pragma once

#include <type_traits>
#include <utility>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"

namespace oci {

/// The value, or the error as change(Error&) leaves it.
template <typename T, typename E, typename Change>
Result<T> change_error(Result<T, E> result, Change change) {
    if (!result) {
        auto error = static_cast<Error>(std::move(result).error());
        change(error);
        return Failure{std::move(error)};
    }
    if constexpr (std::is_void_v<T>)
        return {};
    else
        return std::move(result).value();
}

}  // namespace oci
