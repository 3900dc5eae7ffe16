// SPDX-License-Identifier: Apache-2.0
//
// rootfs: the mount that becomes "/" of the container, and the change of root.
// What is mounted below it is the work of mounts, devices, masks and console.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "features/progress.hpp"
#include "features/rootfs/overlay.hpp"
#include "kernel/sys_result.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/spec.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::rootfs {

struct Plan {
    std::string path;  ///< Absolute, on the host.
    bool readonly = false;
    bool no_pivot = false;
    bool has_mount_namespace = false;  ///< Without one nothing is mounted: chroot(2) alone.
    Propagation propagation = Propagation::Unset;
    bool propagation_recursive = false;
    std::optional<OverlayPlan> overlay{};  ///< Mounted at path; else what is there is the root.
    bool is_in_joined_namespace = false;   ///< path is looked up in a mount namespace of others.
    dev_t device = 0;                      ///< With inode: what has to be at path.
    ino_t inode = 0;                       ///< 0: whatever is there.
    /// Where the host has procfs and sysfs; found by prepare() if no_pivot.
    std::vector<std::string> host_kernel_filesystems;
};

/// InvalidConfig if something of the spec needs a mount namespace and there is none.
Result<Plan> plan(const Spec& spec, const std::string& bundle, bool no_pivot);

/// The directory that was at the path when config.json was read: no other will do, as a bundle may
/// be exchanged for another.
void expect(Plan& plan, dev_t device, ino_t inode);

/// Adds an overlay to it. in_user_namespace: whoever mounts it has no rights outside of one.
Result<void> set_overlay(Plan& plan, const RootOverlay& overlay, bool in_user_namespace);

/// The same for root, with owners as the container's user namespace has them.
Result<void> set_mapped_overlay(Plan& plan, const RootOverlay& overlay, const Spec& spec);

/// The root is a directory, and no symlink. For the parent.
Result<void> check(const Plan& plan);

/// check(), and what init cannot find out by itself. For the parent.
Result<void> prepare(Plan& plan);

/// Detaches the namespace from the host's propagation and gives the root a mount of
/// its own. Yields that mount: the `root` of every other function of this folder.
kernel::SysResult<UniqueFd> enter(const Plan& plan, Progress& progress) noexcept;

/// root becomes "/" and the working directory; nothing of the host stays reachable.
kernel::SysResult<void> pivot(const Plan& plan, FdView root, Progress& progress) noexcept;

/// After everything below root is made: propagation and read-only, in this order.
kernel::SysResult<void> finish(const Plan& plan, FdView root, Progress& progress) noexcept;

}  // namespace oci::rootfs
