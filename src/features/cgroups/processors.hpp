// SPDX-License-Identifier: Apache-2.0
//
// processors: what a cgroup's cpuset.cpus takes away, lent for a moment. The kernel
// makes only a process SCHED_DEADLINE that may use every processor of its root domain;
// one that is may be given fewer.
#pragma once

#include <string>

#include "kernel/sys_result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::cgroups {

/// The parent's processors for a cgroup, until give_back().
class LentProcessors {
public:
    /// cgroup must outlive it. Nothing happens, and nothing is to be given back, without the
    /// controller or a list of its own.
    static kernel::SysResult<LentProcessors> lend(FdView cgroup);

    /// Writes the list as it was.
    kernel::SysResult<void> give_back();

    LentProcessors(LentProcessors&& other) noexcept;
    LentProcessors& operator=(LentProcessors&&) = delete;
    LentProcessors(const LentProcessors&) = delete;
    LentProcessors& operator=(const LentProcessors&) = delete;
    ~LentProcessors();

private:
    explicit LentProcessors(FdView cgroup) noexcept : cgroup_{cgroup} {}

    FdView cgroup_;
    std::string list_;  ///< Empty: nothing was lent.
};

}  // namespace oci::cgroups
