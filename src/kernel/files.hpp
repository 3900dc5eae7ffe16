// SPDX-License-Identifier: Apache-2.0
//
// Files by descriptor: open, read, write, make, remove. Every open is close-on-exec.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "kernel/sys_result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::kernel {

/// The caller's working directory, as a place to start from.
inline constexpr FdView here{AT_FDCWD};

SysResult<UniqueFd> open_at(FdView directory, const char* path, int flags,
                            mode_t mode = 0) noexcept;
SysResult<UniqueFd> duplicate(FdView fd, int lowest = 3) noexcept;

/// One read(2) or write(2), repeated on EINTR.
SysResult<std::size_t> read_some(FdView fd, std::span<char> buffer) noexcept;
SysResult<std::size_t> write_some(FdView fd, std::string_view bytes) noexcept;

/// Until a kernel file (cgroup.events) may have changed since it was last read (POLLPRI);
/// a signal ends the wait, too. False on time-out; milliseconds < 0: for ever.
SysResult<bool> wait_changed(FdView file, int milliseconds) noexcept;

/// The same at an offset; the descriptor's own offset stays where it is.
SysResult<std::size_t> read_at(FdView fd, std::span<char> buffer, off_t offset) noexcept;
SysResult<std::size_t> write_at(FdView fd, std::string_view bytes, off_t offset) noexcept;

/// Writes all bytes, in as many calls as it takes.
SysResult<void> write_all(FdView fd, std::string_view bytes) noexcept;

SysResult<void> make_directory(FdView directory, const char* name, mode_t mode) noexcept;
SysResult<void> make_node(FdView directory, const char* name, mode_t mode, dev_t device) noexcept;
SysResult<void> make_symlink(const char* target, FdView directory, const char* name) noexcept;
SysResult<void> rename(FdView directory, const char* from, const char* to) noexcept;

/// flags: 0 for files, AT_REMOVEDIR for directories.
SysResult<void> remove(FdView directory, const char* name, int flags = 0) noexcept;

/// Never follows a symlink in the last component; an empty name means the descriptor.
SysResult<void> change_owner(FdView directory, const char* name, uid_t uid, gid_t gid) noexcept;
SysResult<void> change_mode(FdView directory, const char* name, mode_t mode) noexcept;

/// Never follows a symlink in the last component; an empty path means the descriptor.
SysResult<struct stat> status_of(FdView directory, const char* path = "") noexcept;

/// Follows symlinks.
SysResult<struct stat> status_behind(FdView directory, const char* path) noexcept;

struct MountIdentity {
    std::uint64_t mount_id = 0;
    bool is_mount_root = false;
};
SysResult<MountIdentity> mount_identity(FdView directory, const char* path = "") noexcept;

struct FilesystemStatus {
    std::int64_t type = 0;    ///< *_SUPER_MAGIC
    std::uint64_t flags = 0;  ///< ST_*
};
SysResult<FilesystemStatus> filesystem_of(FdView fd) noexcept;

/// The text of a symlink, within the buffer.
SysResult<std::string_view> read_link(FdView directory, const char* name,
                                      std::span<char> buffer) noexcept;

/// The next entries of a directory as raw getdents64(2) records; 0 at the end.
SysResult<std::size_t> read_entries(FdView directory, std::span<char> buffer) noexcept;

/// Moves up to `most` bytes between two files inside the kernel; 0 at the end.
SysResult<std::size_t> copy_some(FdView from, FdView to, std::size_t most) noexcept;

/// operation: LOCK_EX, LOCK_SH, LOCK_UN, with LOCK_NB or without.
SysResult<void> lock(FdView fd, int operation) noexcept;

SysResult<void> set_close_on_exec(FdView fd, bool on) noexcept;
SysResult<bool> is_close_on_exec(FdView fd) noexcept;

/// Closes all descriptors from first to last; flags: 0 or CLOSE_RANGE_CLOEXEC.
SysResult<void> close_range(unsigned first, unsigned last, unsigned flags = 0) noexcept;

/// Onto a fixed number, close-on-exec cleared.
SysResult<void> duplicate_onto(FdView fd, int number) noexcept;

struct Pipe {
    UniqueFd reader;
    UniqueFd writer;
};
SysResult<Pipe> make_pipe() noexcept;

/// An empty file without a name, in memory.
SysResult<UniqueFd> make_memory_file(const char* label) noexcept;

}  // namespace oci::kernel
