// SPDX-License-Identifier: Apache-2.0
//
// Small files as a whole. These allocate: for the parent only, never in init.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kernel/sys_result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::kernel {

/// A regular file (or one of procfs, sysfs or cgroupfs) of at most `limit`
/// bytes: EFBIG if it is larger, EINVAL if it is no file. Never blocks on a FIFO.
SysResult<std::string> read_text(FdView directory, const char* path, std::size_t limit);

/// Opens an existing file for writing and writes in one call.
SysResult<void> write_text(FdView directory, const char* path, std::string_view text) noexcept;

/// Creates or replaces a file by rename, so that no reader sees half of it.
SysResult<void> replace_text(FdView directory, const char* name, std::string_view text,
                             unsigned mode);

/// Names in a directory, without "." and "..", in no order.
SysResult<std::vector<std::string>> read_directory(FdView directory);

}  // namespace oci::kernel
