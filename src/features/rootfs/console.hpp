// SPDX-License-Identifier: Apache-2.0
//
// console: a terminal of the container's own devpts, reached by descriptors
// only: a name in /dev/pts or /dev may be a trap (CVE-2025-52565).
#pragma once

#include <sys/types.h>

#include "features/progress.hpp"
#include "kernel/sys_result.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/spec.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::console {

struct Plan {
    bool terminal = false;     ///< Without it none of the functions below is to be called.
    uid_t owner = 0;           ///< The process' user, as the container counts.
    ConsoleSize size;          ///< 0 by 0: the kernel's.
    bool has_own_dev = false;  ///< /dev/console may be made if it is missing.
};

/// For create: InvalidConfig if a terminal is asked for without a devpts.
Result<Plan> plan(const Spec& spec);

/// For exec: a terminal for one more process.
Plan plan_exec(const Process& process);

struct Terminal {
    UniqueFd master;
    UniqueFd slave;
};
/// root: the container's; before or after the change of root.
kernel::SysResult<Terminal> open(const Plan& plan, FdView root, Progress& progress) noexcept;

/// Puts the slave at /dev/console. For create only.
kernel::SysResult<void> attach(const Plan& plan, FdView root, FdView slave,
                               Progress& progress) noexcept;

/// After setsid(2): the slave becomes the controlling terminal and 0, 1, 2.
kernel::SysResult<void> take_over(FdView slave, Progress& progress) noexcept;

}  // namespace oci::console
