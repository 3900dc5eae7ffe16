// SPDX-License-Identifier: Apache-2.0
//
// When and where a process runs: scheduler, I/O priority, processors, memory
// nodes, execution domain.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernel/sys_result.hpp"

namespace oci::kernel {

/// struct sched_attr of the kernel, whose header clashes with the C library's.
struct SchedulerAttributes {
    std::uint32_t size = sizeof(SchedulerAttributes);
    std::uint32_t policy = 0;
    std::uint64_t flags = 0;
    std::int32_t nice = 0;
    std::uint32_t priority = 0;
    std::uint64_t runtime = 0;  ///< Nanoseconds, as are the next two.
    std::uint64_t deadline = 0;
    std::uint64_t period = 0;
    std::uint32_t utilization_minimum = 0;
    std::uint32_t utilization_maximum = 0;
};
static_assert(sizeof(SchedulerAttributes) == 56, "SCHED_ATTR_SIZE_VER1");

/// sched_setattr(2). pid 0: oneself, as below.
SysResult<void> set_scheduler(pid_t pid, const SchedulerAttributes& attributes) noexcept;

/// ioprio_set(2) for one process. value: class and level, as IOPRIO_PRIO_VALUE makes it.
SysResult<void> set_io_priority(pid_t pid, int value) noexcept;

/// sched_setaffinity(2). processors: a bit each, of any length; what the cgroup forbids is
/// left out, EINVAL if nothing remains.
SysResult<void> set_affinity(pid_t pid, std::span<const unsigned long> processors) noexcept;

/// The number of words that were filled in; EINVAL if the kernel knows more processors.
SysResult<std::size_t> affinity_of(pid_t pid, std::span<unsigned long> processors) noexcept;

/// set_mempolicy(2) for oneself. mode: MPOL_*, with MPOL_F_* or-ed in; nodes: a bit each.
SysResult<void> set_memory_policy(int mode, std::span<const unsigned long> nodes) noexcept;

/// personality(2) for oneself, all flags included.
SysResult<void> set_personality(unsigned long persona) noexcept;

}  // namespace oci::kernel
