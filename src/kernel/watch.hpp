// SPDX-License-Identifier: Apache-2.0
//
// Waiting for one of several descriptors, and being told of changes in a directory.
#pragma once

#include <poll.h>

#include <span>

#include "kernel/sys_result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::kernel {

/// poll(2), with revents filled in. False on time-out; milliseconds < 0: for ever.
SysResult<bool> wait_for_any(std::span<pollfd> wanted, int milliseconds) noexcept;

/// Becomes readable when a name vanishes from the directory (inotify, IN_DELETE).
SysResult<UniqueFd> watch_removals(FdView directory) noexcept;

/// The same for files in it that are written to, made, or renamed into it.
SysResult<UniqueFd> watch_changes(FdView directory) noexcept;

/// For files, as many as it is given; readable when one of them changes. Files of cgroupfs change
/// when they have something new to say.
SysResult<UniqueFd> open_file_watch() noexcept;
/// The number by which the file is known from then on.
SysResult<int> add_file(FdView watch, const char* path) noexcept;
/// EINVAL: the file is gone, and nothing is left to remove.
SysResult<void> remove_file(FdView watch, int number) noexcept;
/// Numbers of files that have changed, the same one perhaps several times; how many of the room
/// were filled in. EAGAIN: none.
SysResult<std::size_t> next_changes(FdView watch, std::span<int> room) noexcept;

/// Reads away what a watch has to say.
void drain(FdView watch) noexcept;

}  // namespace oci::kernel
