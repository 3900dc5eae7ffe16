// SPDX-License-Identifier: Apache-2.0
#include "kernel/scheduling.hpp"

#include <linux/ioprio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>

namespace oci::kernel {

SysResult<void> set_scheduler(pid_t pid, const SchedulerAttributes& attributes) noexcept {
    OCI_TRY(answer("sched_setattr", ::syscall(SYS_sched_setattr, pid, &attributes, 0)));
    return {};
}

SysResult<void> set_io_priority(pid_t pid, int value) noexcept {
    OCI_TRY(answer("ioprio_set", ::syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, pid, value)));
    return {};
}

SysResult<void> set_affinity(pid_t pid, std::span<const unsigned long> processors) noexcept {
    OCI_TRY(answer("sched_setaffinity", ::syscall(SYS_sched_setaffinity, pid,
                                                  processors.size_bytes(), processors.data())));
    return {};
}

SysResult<std::size_t> affinity_of(pid_t pid, std::span<unsigned long> processors) noexcept {
    const long length =
        OCI_TRY(answer("sched_getaffinity", ::syscall(SYS_sched_getaffinity, pid,
                                                      processors.size_bytes(), processors.data())));
    return static_cast<std::size_t>(length) / sizeof(unsigned long);
}

SysResult<void> set_memory_policy(int mode, std::span<const unsigned long> nodes) noexcept {
    // The kernel takes one off the number of bits before it looks at them.
    const std::size_t bits = nodes.empty() ? 0 : nodes.size_bytes() * CHAR_BIT + 1;
    const unsigned long* const mask = nodes.empty() ? nullptr : nodes.data();
    OCI_TRY(answer("set_mempolicy", ::syscall(SYS_set_mempolicy, mode, mask, bits)));
    return {};
}

SysResult<void> set_personality(unsigned long persona) noexcept {
    OCI_TRY(answer("personality", ::syscall(SYS_personality, persona)));
    return {};
}

}  // namespace oci::kernel
