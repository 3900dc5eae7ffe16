// SPDX-License-Identifier: Apache-2.0
//
// What the host has mounted, as /proc/self/mountinfo tells it. For the parent.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kernel/sys_result.hpp"

namespace oci::rootfs {

/// Mount points of procfs and sysfs in the text of a mountinfo file, innermost
/// first; those at or below `except` are left out.
std::vector<std::string> kernel_filesystems_in(std::string_view mountinfo, std::string_view except);

kernel::SysResult<std::vector<std::string>> find_kernel_filesystems(std::string_view except);

}  // namespace oci::rootfs
