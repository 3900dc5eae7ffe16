// SPDX-License-Identifier: Apache-2.0
//
// phase: which part of a verb an error comes from, for who reads logs by program.
#pragma once

#include <string_view>
#include <utility>

#include "base/change_error.hpp"
#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"

namespace oci {

/// Names the phase of an error that has none yet: the innermost counts.
template <typename T, typename E>
Result<T> in_phase(std::string_view phase, Result<T, E> result) {
    return change_error(std::move(result), [&](Error& error) {
        if (error.phase.empty()) error.phase = phase;
    });
}

}  // namespace oci
