// SPDX-License-Identifier: Apache-2.0
#include "base/details.hpp"

namespace oci {

Failure<Error> with(Failure<Error> failure, Details details) {
    Error& error = failure.error;
    if (error.code.empty()) error.code = details.code.name();
    if (error.phase.empty()) error.phase = std::move(details.phase);
    if (error.pointer.empty()) error.pointer = std::move(details.pointer);
    if (error.number == 0) error.number = details.number;
    if (error.hint.empty()) error.hint = std::move(details.hint);
    return failure;
}

}  // namespace oci
