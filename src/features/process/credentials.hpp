// SPDX-License-Identifier: Apache-2.0
//
// process.user: who the payload is. Ids, groups, umask and, because the kernel
// ties them to the change of ids, the order in which capabilities are given up.
#pragma once

#include <cstdint>
#include <vector>

#include "features/process/capabilities.hpp"
#include "features/progress.hpp"
#include "host/facts.hpp"
#include "kernel/sys_result.hpp"
#include "oci-rt/spec.hpp"

namespace oci::credentials {

struct Plan {
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::uint32_t umask = 022;
    std::vector<std::uint32_t> groups;  ///< Sorted.
    bool may_set_groups = true;         ///< False: they stay as they are.
    bool is_in_user_namespace = false;
    bool are_groups_denied = false;  ///< By enter(): a user namespace that was joined denies it.
    capabilities::Plan capabilities;
    std::uint64_t retained = 0;  ///< Held until give_up_retained(): CAP_SYS_ADMIN for seccomp.
};

/// What the engine knows about the container's user namespace.
struct Situation {
    bool has_user_namespace = false;  ///< A new one or a joined one.
    bool may_set_groups = true;       ///< False: /proc/PID/setgroups says "deny" there.
    bool keeps_groups = false;        ///< Those of the caller stay: see keeps_original_groups().
};

/// The annotation run.oci.keep_original_groups, any value but "0": files that only a group of the
/// caller may read can then be read in a container without that group (Podman's keep-groups).
[[nodiscard]] bool keeps_original_groups(const Spec& spec);

Result<Plan> plan(const Process& process, const host::Facts& facts, const Situation& situation);

/// Init: umask, bounding set, groups, group, user, then the capability sets
/// plus plan.retained.
kernel::SysResult<void> enter(Plan& plan, Progress& progress) noexcept;

/// Init: the planned capabilities and the retained one; reads ids and sets back, EPERM if they
/// differ.
kernel::SysResult<void> finish(const Plan& plan, Progress& progress) noexcept;

/// Init: what was retained goes. One system call, because a filter may already rule over it.
kernel::SysResult<void> give_up_retained(const Plan& plan, Progress& progress) noexcept;

}  // namespace oci::credentials
