// SPDX-License-Identifier: Apache-2.0
//
// noNewPrivileges: whether a set-user-ID program may raise its caller.
#pragma once

#include "features/progress.hpp"
#include "kernel/sys_result.hpp"
#include "oci-rt/spec.hpp"

namespace oci::privileges {

struct Plan {
    bool forbid_new = false;
};

Result<Plan> plan(const Process& process);
kernel::SysResult<void> enter(const Plan& plan, Progress& progress) noexcept;

}  // namespace oci::privileges
