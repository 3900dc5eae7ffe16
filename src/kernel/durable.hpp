// SPDX-License-Identifier: Apache-2.0
//
// Files that are written in parts, and survive a crash of the machine.
#pragma once

#include <sys/types.h>

#include "kernel/sys_result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::kernel {

/// fdatasync(2): the content of one file.
SysResult<void> synchronize(FdView file) noexcept;

/// syncfs(2): all of the file system that the descriptor is on.
SysResult<void> synchronize_filesystem(FdView fd) noexcept;

/// Where the next read or write of the descriptor is, from the beginning.
SysResult<void> set_offset(FdView file, off_t offset) noexcept;

}  // namespace oci::kernel
