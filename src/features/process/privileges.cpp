// SPDX-License-Identifier: Apache-2.0
#include "features/process/privileges.hpp"

#include "kernel/process.hpp"

namespace oci::privileges {

Result<Plan> plan(const Process& process) { return Plan{process.no_new_privileges}; }

kernel::SysResult<void> enter(const Plan& plan, Progress&) noexcept {
    if (!plan.forbid_new) return {};
    return kernel::set_no_new_privileges();
}

}  // namespace oci::privileges
