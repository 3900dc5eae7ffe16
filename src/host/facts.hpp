// SPDX-License-Identifier: Apache-2.0
//
// What this machine and this user can do: measured once, passed as a value, so
// that planning stays pure.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "kernel/namespace.hpp"

namespace oci::host {

/// Where cgroup v2 is mounted.
struct CgroupHierarchy {
    std::string mount_point;  ///< "/sys/fs/cgroup", ".../unified" on a hybrid host; empty: none.
};

struct Facts {
    uid_t effective_user = 0;
    gid_t effective_group = 0;
    bool in_initial_user_namespace = true;
    CgroupHierarchy cgroup;
    int last_capability = 40;
    std::uint64_t bounding_capabilities = ~std::uint64_t{0};  ///< Those the caller can grant.

    /// Root of the machine itself: whatever fails with EPERM is an error, not a way of life.
    [[nodiscard]] bool is_host_root() const noexcept {
        return effective_user == 0 && in_initial_user_namespace;
    }
};

[[nodiscard]] Facts measure();

/// Whether root here is root of the machine. Costs one stat(2), measure() many.
using kernel::is_in_initial_user_namespace;

/// Whether the kernel runs with this security module ("apparmor", "selinux").
[[nodiscard]] bool has_apparmor();
[[nodiscard]] bool has_selinux();

}  // namespace oci::host
