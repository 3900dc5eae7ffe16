// SPDX-License-Identifier: Apache-2.0
//
// devices: the nodes and symlinks of /dev. Where mknod(2) is refused, the
// host's node is bound instead.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "features/progress.hpp"
#include "kernel/sys_result.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/spec.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::devices {

struct Node {
    std::string path;  ///< Clean and absolute, in the container and on the host.
    mode_t mode = 0;   ///< With the type: S_IFCHR, S_IFBLK or S_IFIFO.
    dev_t device = 0;
    uid_t uid = 0;
    gid_t gid = 0;
    UniqueFd opened;        ///< By prepare(): the host's node as a detached mount.
    std::string subject{};  ///< For the report if it fails: "/dev/kvm (/linux/devices/0)".
};

struct Plan {
    std::vector<Node> nodes;
    bool has_own_dev = false;  ///< Else /dev is the host's, and nothing is made in it.
    bool bind_only = false;    ///< In a user namespace mknod(2) is never allowed.
};

/// Spec devices override the default of the same path.
Result<Plan> plan(const Spec& spec);

/// With a user namespace: opens the host's nodes with the rights of the parent. For the parent.
Result<void> prepare(Plan& plan);

/// Before the change of root, after the mounts.
kernel::SysResult<void> enter(const Plan& plan, FdView root, Progress& progress) noexcept;

}  // namespace oci::devices
