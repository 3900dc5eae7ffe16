// SPDX-License-Identifier: Apache-2.0
//
// What /proc of the host says about a process. For the parent only.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "kernel/sys_result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::kernel {

struct ProcessStatus {
    char state = 0;                ///< 'Z': zombie, 'X': dead, see proc(5).
    std::uint64_t start_time = 0;  ///< Field 22, clock ticks since boot.
    bool is_ending = false;        ///< SIGKILL is on its way to it, or it exits by now.
};
/// ENOENT or ESRCH: no such process.
SysResult<ProcessStatus> process_status(pid_t pid) noexcept;

/// The pid, here, of the process that a pidfd stands for. ESRCH: it was reaped;
/// EINVAL: no pidfd.
SysResult<pid_t> pid_behind(FdView pidfd) noexcept;

/// Where the process is in cgroup v2: "/user.slice". ENOENT or ESRCH: no such process; EINVAL: it
/// is in none, because there is no cgroup v2.
SysResult<std::string> cgroup_of(pid_t pid);

}  // namespace oci::kernel
