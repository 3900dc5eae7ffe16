// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <csignal>

#include "kernel/sys_result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::kernel {

/// Replaces the signal mask of the calling thread; yields the one before.
SysResult<sigset_t> set_signal_mask(const sigset_t& mask) noexcept;
/// Blocks these besides; yields the mask before.
SysResult<sigset_t> block_signals(const sigset_t& signals) noexcept;
/// All dispositions to the default. clone() resets handlers, but what is ignored
/// stays ignored, over execve too.
void reset_dispositions() noexcept;

[[nodiscard]] sigset_t all_signals() noexcept;
[[nodiscard]] sigset_t no_signals() noexcept;

/// For programs that prefer EPIPE and EFBIG to the signal.
void ignore_signal(int signal) noexcept;

/// SIGHUP, SIGINT and SIGTERM, but for those that are ignored, as under nohup: blocked, these
/// would come nevertheless.
[[nodiscard]] sigset_t ending_signals() noexcept;

/// A descriptor from which blocked signals are read.
SysResult<UniqueFd> open_signals(const sigset_t& mask) noexcept;

/// The number of the next signal; 0 if there is none now.
SysResult<int> next_signal(FdView signals) noexcept;

}  // namespace oci::kernel
