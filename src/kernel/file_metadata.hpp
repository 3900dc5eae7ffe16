// SPDX-License-Identifier: Apache-2.0
//
// file metadata: names, times, sizes, modes and extended attributes of files that are there.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <ctime>
#include <span>
#include <string_view>

#include "kernel/sys_result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::kernel {

/// One more name for a file; a symlink as the last component is linked itself.
SysResult<void> link(FdView from, const char* name, FdView to, const char* new_name) noexcept;

/// Never of what a symlink leads to (EOPNOTSUPP); the C library may need /proc for it.
SysResult<void> change_own_mode(FdView directory, const char* name, mode_t mode) noexcept;

struct FileTimes {
    timespec accessed{};
    timespec modified{};
};
/// Never follows a symlink in the last component; an empty name means the descriptor (no O_PATH).
SysResult<void> set_times(FdView directory, const char* name, const FileTimes& times) noexcept;

SysResult<void> set_size(FdView file, off_t size) noexcept;

/// Extended attributes of an open file or directory (no O_PATH).
SysResult<void> set_attribute(FdView file, const char* name, std::string_view value) noexcept;

/// The value, within the buffer; ERANGE if it does not fit, ENODATA if there is none.
SysResult<std::string_view> get_attribute(FdView file, const char* name,
                                          std::span<char> buffer) noexcept;

/// The names, each with its '\0', within the buffer.
SysResult<std::string_view> list_attributes(FdView file, std::span<char> buffer) noexcept;

SysResult<void> remove_attribute(FdView file, const char* name) noexcept;

}  // namespace oci::kernel
