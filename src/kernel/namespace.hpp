// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernel/sys_result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::kernel {

/// flags: one CLONE_NEW* that the descriptor must be of, or 0 for any;
/// several of them if it is a pidfd.
SysResult<void> join_namespace(FdView target, int flags) noexcept;

SysResult<void> unshare(int flags) noexcept;

/// CLONE_NEW* of an nsfs descriptor.
SysResult<int> namespace_type(FdView target) noexcept;

/// Of the caller. An identity map in /proc/self/uid_map would prove nothing.
[[nodiscard]] bool is_in_initial_user_namespace() noexcept;

/// Brings "lo" up in the caller's network namespace.
SysResult<void> bring_up_loopback() noexcept;

}  // namespace oci::kernel
