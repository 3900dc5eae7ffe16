// SPDX-License-Identifier: Apache-2.0
//
// overlapping rules: system calls with several rules for their arguments, of which more than one
// may hold. libseccomp joins such rules into one tree, and a call that enters a branch and does not
// get to its end misses the rules behind it: the filter is weaker than the profile (seen with
// 2.5.4; GHSA-4q85-33p6-j5g6 mends a part of it in 2.6.1). So they are decided here, rule by rule.
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <vector>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/spec.hpp"

namespace oci::seccomp {

/// What holds if all its comparisons do, each of another argument.
struct Alternative {
    std::uint32_t verdict = 0;  ///< SECCOMP_RET_* with its data
    std::vector<SeccompArgument> comparisons{};
};

/// Where libseccomp cannot be trusted with them. One that has no comparisons rules out all others.
[[nodiscard]] bool overlap(const std::vector<Alternative>& alternatives);

struct DecidedCall {
    std::uint32_t number = 0;
    std::vector<Alternative> alternatives{};  ///< The first that holds decides.
};

/// One ABI and its calls that are decided here.
struct DecidedCalls {
    std::uint32_t audit_architecture = 0;  ///< AUDIT_ARCH_*
    bool has_wide_arguments = true;        ///< Of 64 bits; else the upper half does not count.
    std::vector<DecidedCall> calls{};
};

/// Instructions for the front of a program: they return, or fall off their end. otherwise: the
/// verdict where no alternative holds. InvalidConfig if there are more rules than a filter can
/// have.
[[nodiscard]] Result<std::vector<sock_filter>> decide(const std::vector<DecidedCalls>& abis,
                                                      std::uint32_t otherwise);

}  // namespace oci::seccomp
