// SPDX-License-Identifier: Apache-2.0
//
// Processes: clone, wait, signal through a pidfd, and the settings of oneself.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string_view>

#include "kernel/sys_result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::kernel {

/// A child by pidfd. Killed and reaped on destruction unless released: the
/// roll-back of everything that starts a process.
class Process {
public:
    Process() = default;
    Process(pid_t pid, UniqueFd pidfd) noexcept : pid_{pid}, pidfd_{std::move(pidfd)} {}
    Process(Process&&) = default;
    Process& operator=(Process&& other) noexcept;
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;
    ~Process();

    [[nodiscard]] pid_t pid() const noexcept { return pid_; }
    [[nodiscard]] FdView pidfd() const noexcept { return pidfd_; }

    /// Lets it live; the caller keeps the pidfd.
    UniqueFd release() noexcept { return std::move(pidfd_); }

private:
    pid_t pid_ = -1;
    UniqueFd pidfd_;
};

struct CloneRequest {
    std::uint64_t flags = 0;  ///< CLONE_NEW*, CLONE_PARENT
    int cgroup = -1;          ///< A descriptor for CLONE_INTO_CGROUP; -1: stay.
};
struct Clone {
    pid_t pid = 0;  ///< 0 in the child.
    UniqueFd pidfd;
};

/// clone3(2) without sharing memory, all signal handlers reset. The child may
/// only call what is async-signal-safe: another thread may have held the
/// allocator's lock.
SysResult<Clone> clone(const CloneRequest& request) noexcept;

/// The same by clone(2), whose flags a filter can see, and which is so the one that filters
/// allow; flags as below. Signal handlers are as they were.
SysResult<Clone> clone_by_flags(std::uint64_t flags) noexcept;
/// What clone(2) gets then as its first argument.
[[nodiscard]] std::uint64_t clone_argument(std::uint64_t flags) noexcept;

SysResult<UniqueFd> open_pidfd(pid_t pid) noexcept;

struct Exit {
    bool exited = false;
    int status = 0;  ///< As a shell says it: code, or 128 + signal.
    bool by_signal = false;
};
/// Waits for a child and reaps it.
SysResult<Exit> wait_for_exit(FdView pidfd) noexcept;

/// Looks without waiting; reaps only if asked to.
SysResult<Exit> peek_exit(FdView pidfd) noexcept;

/// How a process ended that somebody else has reaped (Linux 6.15). ENODATA: it was not reaped
/// yet; ENOTTY, EINVAL: an older kernel.
SysResult<Exit> exit_of_reaped(FdView pidfd) noexcept;

SysResult<void> send_signal(FdView pidfd, int signal) noexcept;

/// To all processes of a group; only while its leader is not reaped is the number its own.
SysResult<void> send_signal_to_group(pid_t group, int signal) noexcept;

/// Until the descriptor is readable (a pidfd: until the process ended). False on time-out.
/// milliseconds < 0: for ever.
SysResult<bool> wait_readable(FdView fd, int milliseconds) noexcept;
/// The same; EINTR if the other one, unless it is none, becomes readable first.
SysResult<bool> wait_readable_unless(FdView fd, FdView stop, int milliseconds) noexcept;

SysResult<void> set_no_new_privileges() noexcept;
SysResult<void> set_dumpable(bool on) noexcept;
SysResult<void> set_child_subreaper(bool on) noexcept;
SysResult<void> die_with_parent(int signal) noexcept;
SysResult<void> set_hostname(std::string_view name) noexcept;
SysResult<void> set_domainname(std::string_view name) noexcept;
SysResult<void> new_session() noexcept;
mode_t set_umask(mode_t mask) noexcept;
SysResult<void> change_directory(FdView directory) noexcept;
SysResult<void> change_directory(const char* path) noexcept;
SysResult<void> change_root(const char* path) noexcept;

/// The path of the working directory is inside the root (getcwd begins with "/").
SysResult<void> require_reachable_directory() noexcept;

/// Returns only if it failed.
SysResult<void> execute(const char* path, char* const* argv, char* const* envp) noexcept;
SysResult<void> execute_fd(FdView program, char* const* argv, char* const* envp) noexcept;

/// As the effective user, noexec mounts included: EACCES where execve would say so,
/// and for what is reached by a magic link of /proc.
SysResult<void> check_executable(const char* path) noexcept;

}  // namespace oci::kernel
