// SPDX-License-Identifier: Apache-2.0
//
// linux.uidMappings and gidMappings: who the container's users are outside.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

#include "features/progress.hpp"
#include "host/facts.hpp"
#include "kernel/sys_result.hpp"
#include "oci-rt/spec.hpp"

namespace oci::user {

struct Plan {
    bool is_new = false;
    std::vector<IdMapping> uids;
    std::vector<IdMapping> gids;
    bool deny_setgroups = false;  ///< The kernel's price for an id map without privilege.
    bool keeps_groups = false;    ///< The caller's groups stay with init.
    bool uids_by_helper = false;  ///< newuidmap(1), which knows /etc/subuid.
    bool gids_by_helper = false;
};

Result<Plan> plan(const Spec& spec, const host::Facts& facts);

/// Parent: writes the maps of a child that waits in its new user namespace.
Result<void> prepare_child(const Plan& plan, pid_t pid);

/// Init: becomes user and group 0 of a new user namespace, where they are mapped.
kernel::SysResult<void> become_root(const Plan& plan, Progress& progress) noexcept;

/// Parent: whether setgroups(2) will be allowed, as far as can be told before.
[[nodiscard]] bool may_set_groups(const Plan& plan);

/// The host id of a container id; -1 if it is not mapped. Without a new user
/// namespace ids are the same on both sides.
[[nodiscard]] std::int64_t host_uid(const Plan& plan, std::uint32_t container_id) noexcept;
[[nodiscard]] std::int64_t host_gid(const Plan& plan, std::uint32_t container_id) noexcept;

}  // namespace oci::user
