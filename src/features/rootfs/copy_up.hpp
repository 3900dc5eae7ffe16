// SPDX-License-Identifier: Apache-2.0
//
// copy_up: tmpcopyup, what a directory holds before a tmpfs covers it.
#pragma once

#include "kernel/sys_result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::mounts {

/// Copies files, directories, symlinks and nodes with owner and mode; stays on
/// one file system. Without memory of its own: for init.
kernel::SysResult<void> copy_up(FdView from, FdView to) noexcept;

}  // namespace oci::mounts
