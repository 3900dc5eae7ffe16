// SPDX-License-Identifier: Apache-2.0
//
// Extended attributes of an open file or directory (not O_PATH).
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "kernel/sys_result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::kernel {

SysResult<void> set_attribute(FdView file, const char* name, std::string_view value) noexcept;

/// The value, within the buffer; ERANGE if it does not fit, ENODATA if there is none.
SysResult<std::string_view> get_attribute(FdView file, const char* name,
                                          std::span<char> buffer) noexcept;

/// The names, each with its '\0', within the buffer.
SysResult<std::string_view> list_attributes(FdView file, std::span<char> buffer) noexcept;

SysResult<void> remove_attribute(FdView file, const char* name) noexcept;

}  // namespace oci::kernel
