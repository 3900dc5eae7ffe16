// SPDX-License-Identifier: Apache-2.0
//
// labels: the AppArmor profile and the SELinux label that the payload gets at execve.
#pragma once

#include <string>

#include "features/progress.hpp"
#include "kernel/sys_result.hpp"
#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/spec.hpp"

namespace oci::labels {

struct Plan {
    std::string apparmor_command;  ///< "exec PROFILE"; empty: nothing to do.
    std::string selinux_label;     ///< Empty: nothing to do.
};

Result<Plan> plan(const Process& process, bool apparmor_enabled, bool selinux_enabled);

/// Takes effect at the next execve of the calling thread. Before capabilities are dropped.
kernel::SysResult<void> enter(const Plan& plan, Progress& progress) noexcept;

}  // namespace oci::labels
