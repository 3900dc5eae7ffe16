// SPDX-License-Identifier: Apache-2.0
//
// process.rlimits: set from outside, because raising a hard limit needs a
// capability of the host.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "host/facts.hpp"
#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/spec.hpp"

namespace oci::rlimits {

struct Limit {
    int resource = 0;  ///< RLIMIT_*
    std::uint64_t soft = 0;
    std::uint64_t hard = 0;
    std::string name;
};
struct Plan {
    std::vector<Limit> limits;
};

Result<Plan> plan(const Process& process);
/// Whoever is not root of the machine gets no more than the caller's own hard limit, with a
/// warning.
Result<void> prepare_child(const Plan& plan, pid_t pid, const host::Facts& facts);

}  // namespace oci::rlimits
