// SPDX-License-Identifier: Apache-2.0
//
// A second thread of init. It shares everything with the first, errno too: only
// one of the two may be making system calls at a time whose errors matter.
#pragma once

#include <cstddef>
#include <span>

#include "kernel/sys_result.hpp"

namespace oci::kernel {

/// Ends when run() returns, and in the middle of it with execve(2) of the first
/// thread. Filters that a thread loads are its own.
SysResult<void> start_thread(int (*run)(void*), void* context, std::span<std::byte> stack) noexcept;

/// Lets others run, for some ten microseconds.
void rest_a_moment() noexcept;

/// Whether we keep the processor until we give it away.
[[nodiscard]] bool is_realtime() noexcept;
void give_way() noexcept;

}  // namespace oci::kernel
