// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <linux/filter.h>

#include <span>

#include "kernel/sys_result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::kernel {

/// seccomp(SECCOMP_SET_MODE_FILTER); flags: SECCOMP_FILTER_FLAG_*. Needs
/// no_new_privs or CAP_SYS_ADMIN. A descriptor only with the flag NEW_LISTENER:
/// close-on-exec, and to close it is a call that the filter rules already.
SysResult<UniqueFd> load_seccomp_filter(std::span<const sock_filter> program,
                                        unsigned flags) noexcept;

/// EINVAL unless the descriptor is what the flag NEW_LISTENER answers.
SysResult<void> require_seccomp_listener(FdView fd) noexcept;

/// Whether the kernel knows a SECCOMP_FILTER_FLAG_*.
[[nodiscard]] bool knows_seccomp_flag(unsigned flag) noexcept;

}  // namespace oci::kernel
