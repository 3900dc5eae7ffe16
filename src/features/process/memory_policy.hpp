// SPDX-License-Identifier: Apache-2.0
//
// linux.memoryPolicy: from which memory nodes the process gets its memory. The
// policy is kept over execve() and passed on to children.
#pragma once

#include <string>
#include <vector>

#include "features/progress.hpp"
#include "kernel/sys_result.hpp"
#include "oci-rt/error.hpp"
#include "oci-rt/features.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/spec.hpp"

namespace oci::memory_policy {

struct Plan {
    bool is_wanted = false;
    int mode = 0;                      ///< MPOL_*, with MPOL_F_* or-ed in.
    std::vector<unsigned long> nodes;  ///< A bit each, as long as it has to be.
    std::string text;                  ///< For errors: "/linux/memoryPolicy (MPOL_BIND 0-3)".
};

Result<Plan> plan(const Spec& spec);

/// Init, inside its cgroup. EINVAL if none of the nodes is there or the cgroup allows none.
kernel::SysResult<void> enter(const Plan& plan, Progress& progress) noexcept;

void describe(Features& features);

}  // namespace oci::memory_policy
