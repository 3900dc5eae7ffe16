// SPDX-License-Identifier: Apache-2.0
//
// Calls that are made only to learn whether they can be made.
#pragma once

#include "kernel/sys_result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::kernel {

/// clone3(2) into a cgroup that there is not: EBADF from a kernel that knows the flag.
SysResult<void> clone_into_no_cgroup() noexcept;

/// mount_setattr(2) of a mount that there is not: ENOSYS from a kernel without it.
SysResult<void> set_attributes_of_no_mount() noexcept;

/// As the effective user; mode: R_OK, W_OK, X_OK. Follows symlinks.
SysResult<void> check_access(FdView directory, const char* path, int mode) noexcept;

/// Whether a file (open for reading) has an extended attribute.
SysResult<bool> has_attribute(FdView file, const char* name) noexcept;

/// The version of Landlock, from 1 on.
SysResult<int> landlock_version() noexcept;

}  // namespace oci::kernel
