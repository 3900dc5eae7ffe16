// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <linux/filter.h>

#include <span>

#include "kernel/sys_result.hpp"

namespace oci::kernel {

/// seccomp(SECCOMP_SET_MODE_FILTER); flags: SECCOMP_FILTER_FLAG_*. Needs
/// no_new_privs or CAP_SYS_ADMIN.
SysResult<void> load_seccomp_filter(std::span<const sock_filter> program, unsigned flags) noexcept;

/// Whether the kernel knows a SECCOMP_FILTER_FLAG_*.
[[nodiscard]] bool knows_seccomp_flag(unsigned flag) noexcept;

}  // namespace oci::kernel
