// SPDX-License-Identifier: Apache-2.0
//
// process.ioPriority: whose reads and writes go first. Set for the process
// alone, which has no children yet and is a process group of its own: all that
// will ever be in its group inherit it.
#pragma once

#include <sys/types.h>

#include <optional>

#include "features/progress.hpp"
#include "kernel/sys_result.hpp"
#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/spec.hpp"

namespace oci::io_priority {

struct Plan {
    std::optional<int> value;  ///< Class and level, as ioprio_set(2) takes them.
};

/// The class IDLE has no levels: its priority is left out.
[[nodiscard]] Plan plan(const Process& process) noexcept;

/// Init. EPERM for the real-time class without a privilege of the host.
kernel::SysResult<void> enter(const Plan& plan, Progress& progress) noexcept;

/// Parent: the same from outside.
Result<void> prepare_child(const Plan& plan, pid_t pid);

}  // namespace oci::io_priority
