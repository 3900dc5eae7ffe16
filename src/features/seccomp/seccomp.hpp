// SPDX-License-Identifier: Apache-2.0
//
// seccomp: which system calls the container may make. The filter is compiled
// (or taken from the cache) before clone(); init only loads it.
#pragma once

#include <linux/filter.h>

#include <vector>

#include "features/progress.hpp"
#include "features/seccomp/listener.hpp"
#include "kernel/sys_result.hpp"
#include "oci-rt/error.hpp"
#include "oci-rt/features.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/spec.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::seccomp {

struct Plan {
    bool enabled = false;
    std::vector<sock_filter> program;  ///< Filled by prepare().
    unsigned flags = 0;                ///< SECCOMP_FILTER_FLAG_*, for seccomp(2).
    Listener listener;                 ///< Of its agent, where a rule asks one.

    [[nodiscard]] bool has_listener() const noexcept { return !listener.path.empty(); }
};

/// Checks the section and decides the flags. Without linux.seccomp: not enabled.
/// Calls that are to be notified without a listener answer ENOSYS, as the kernel does it.
Result<Plan> plan(const Spec& spec);

/// Fills plan.program for the section that was planned: from the cache, or
/// compiled and put there; and looks whether its agent may be there. The cache is a directory of
/// mode 0700 that belongs to the effective user; FdView{-1}: no cache.
Result<void> prepare(Plan& plan, const Seccomp& section, FdView cache_directory);

/// Needs no_new_privs or CAP_SYS_ADMIN. The filter rules from the next call on, and over
/// the close(2) of what is answered: the listener's descriptor, where there is one.
kernel::SysResult<UniqueFd> load(const Plan& plan, Progress& progress) noexcept;

void describe(Features& features);

}  // namespace oci::seccomp
