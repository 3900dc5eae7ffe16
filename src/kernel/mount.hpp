// SPDX-License-Identifier: Apache-2.0
//
// The mount calls of Linux 5.2 and later: a mount is a file descriptor first,
// gets its attributes, and gets its place in the tree last.
#pragma once

#include <fcntl.h>
#include <sys/mount.h>

#include <cstdint>

#include "kernel/sys_result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::kernel {

SysResult<UniqueFd> open_filesystem(const char* type) noexcept;
SysResult<void> set_string(FdView filesystem, const char* key, const char* value) noexcept;
SysResult<void> set_flag(FdView filesystem, const char* key) noexcept;

/// An open file or directory as the value; few options take one.
SysResult<void> set_file(FdView filesystem, const char* key, FdView file) noexcept;
SysResult<void> create_filesystem(FdView filesystem) noexcept;

/// The file system of a mount, to be set up anew: set_…(), then reconfigure_filesystem().
SysResult<UniqueFd> pick_filesystem(FdView mount) noexcept;
SysResult<void> reconfigure_filesystem(FdView filesystem) noexcept;

/// attributes: MOUNT_ATTR_*.
SysResult<UniqueFd> mount_filesystem(FdView filesystem, std::uint64_t attributes) noexcept;

/// A detached copy of the mount (flags: AT_RECURSIVE for the tree) at a path.
SysResult<UniqueFd> clone_tree(FdView directory, const char* path, unsigned flags) noexcept;

struct MountAttributes {
    std::uint64_t set = 0;          ///< MOUNT_ATTR_*
    std::uint64_t clear = 0;        ///< MOUNT_ATTR_*; MOUNT_ATTR__ATIME where set names an atime
    std::uint64_t propagation = 0;  ///< MS_PRIVATE, MS_SLAVE, MS_SHARED, MS_UNBINDABLE or 0
};
/// flags: AT_RECURSIVE or 0. An empty path means the descriptor.
SysResult<void> set_attributes(FdView directory, const char* path, const MountAttributes& wanted,
                               unsigned flags) noexcept;

/// Shows the ids of a detached mount by the maps of a user namespace. flags: AT_RECURSIVE or 0.
SysResult<void> set_id_map(FdView mount, FdView user_namespace, unsigned flags) noexcept;

/// Gives a detached mount its place, or moves an attached one.
SysResult<void> attach_mount(FdView mount, FdView target) noexcept;

/// pivot_root(".", "."): the working directory becomes the root, the old root lies on top of it.
SysResult<void> pivot_root_here() noexcept;

/// flags: MNT_DETACH, UMOUNT_NOFOLLOW.
SysResult<void> unmount(const char* path, int flags) noexcept;

}  // namespace oci::kernel
