// SPDX-License-Identifier: Apache-2.0
#include "kernel/process.hpp"

#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>

#include "kernel/files.hpp"
#include "kernel/path_in_root.hpp"
#include "kernel/repeated.hpp"

namespace oci::kernel {

Process::~Process() {
    if (!pidfd_) return;
    const auto sent = send_signal(pidfd_, SIGKILL);
    // One that could not be killed lives on: who waited for it would wait for ever.
    if (!sent && sent.error().code != ESRCH) return;
    (void)wait_for_exit(pidfd_);  // ECHILD: somebody else's to reap
}

Process& Process::operator=(Process&& other) noexcept {
    std::swap(pid_, other.pid_);
    std::swap(pidfd_, other.pidfd_);
    return *this;
}

SysResult<Clone> clone(const CloneRequest& request) noexcept {
    int pidfd = -1;
    clone_args args{};
    args.flags = request.flags | CLONE_PIDFD | CLONE_CLEAR_SIGHAND;
    args.pidfd = reinterpret_cast<std::uintptr_t>(&pidfd);
    // With CLONE_PARENT the new process takes the exit signal of its creator.
    args.exit_signal = (request.flags & CLONE_PARENT) != 0 ? 0 : SIGCHLD;
    if (request.cgroup >= 0) {
        args.flags |= CLONE_INTO_CGROUP;
        args.cgroup = static_cast<unsigned>(request.cgroup);
    }
    const long pid = OCI_TRY(answer("clone3", ::syscall(SYS_clone3, &args, sizeof args)));
    return Clone{static_cast<pid_t>(pid), UniqueFd{pid > 0 ? pidfd : -1}};
}

std::uint64_t clone_argument(std::uint64_t flags) noexcept {
    const bool has_own_signal = (flags & CLONE_PARENT) == 0;
    return flags | CLONE_PIDFD | (has_own_signal ? SIGCHLD : 0);
}

SysResult<Clone> clone_by_flags(std::uint64_t flags) noexcept {
    int pidfd = -1;
    const std::uint64_t argument = clone_argument(flags);
#ifdef __s390__
    const long answered = ::syscall(SYS_clone, nullptr, argument, &pidfd, nullptr, nullptr);
#else
    const long answered = ::syscall(SYS_clone, argument, nullptr, &pidfd, nullptr, nullptr);
#endif
    const long pid = OCI_TRY(answer("clone", answered));
    return Clone{static_cast<pid_t>(pid), UniqueFd{pid > 0 ? pidfd : -1}};
}

SysResult<UniqueFd> open_pidfd(pid_t pid) noexcept {
    const long fd = OCI_TRY(answer("pidfd_open", ::syscall(SYS_pidfd_open, pid, 0)));
    return UniqueFd{static_cast<int>(fd)};
}

namespace {

SysResult<Exit> wait_by_pidfd(FdView pidfd, int options) noexcept {
    siginfo_t info{};
    for (;;) {
        const auto waited =
            answer("waitid", ::waitid(P_PIDFD, static_cast<id_t>(pidfd.get()), &info, options));
        if (waited) break;
        if (waited.error().code != EINTR) return Failure{waited.error()};
    }
    if (info.si_pid == 0) return Exit{};
    if (info.si_code == CLD_EXITED) return Exit{true, info.si_status, false};
    return Exit{true, 128 + info.si_status, true};
}

}  // namespace

SysResult<Exit> wait_for_exit(FdView pidfd) noexcept { return wait_by_pidfd(pidfd, WEXITED); }

SysResult<Exit> peek_exit(FdView pidfd) noexcept {
    return wait_by_pidfd(pidfd, WEXITED | WNOHANG | WNOWAIT);
}

namespace {

/// <linux/pidfd.h>, as old headers have no PIDFD_GET_INFO yet.
struct PidfdInfo {
    std::uint64_t mask = 0;
    std::uint64_t cgroup_id = 0;
    std::array<std::uint32_t, 11> ids{};
    std::int32_t exit_status = 0;
};
static_assert(sizeof(PidfdInfo) == 64);
constexpr unsigned long get_pidfd_info = _IOWR(0xFF, 11, PidfdInfo);
constexpr std::uint64_t has_exit_status = 1U << 3U;

}  // namespace

SysResult<Exit> exit_of_reaped(FdView pidfd) noexcept {
    PidfdInfo info{.mask = has_exit_status};
    OCI_TRY(answer("ioctl(PIDFD_GET_INFO)", ::ioctl(pidfd.get(), get_pidfd_info, &info)));
    if ((info.mask & has_exit_status) == 0) return refuse(ENODATA, "ioctl(PIDFD_GET_INFO)");
    if (WIFSIGNALED(info.exit_status)) return Exit{true, 128 + WTERMSIG(info.exit_status), true};
    return Exit{true, WEXITSTATUS(info.exit_status), false};
}

SysResult<void> send_signal(FdView pidfd, int signal) noexcept {
    OCI_TRY(answer("pidfd_send_signal",
                   ::syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0)));
    return {};
}

SysResult<void> send_signal_to_group(pid_t group, int signal) noexcept {
    OCI_TRY(answer("kill", ::kill(-group, signal)));
    return {};
}

SysResult<bool> wait_readable(FdView fd, int milliseconds) noexcept {
    return wait_readable_unless(fd, FdView{-1}, milliseconds);
}

SysResult<bool> wait_readable_unless(FdView fd, FdView stop, int milliseconds) noexcept {
    std::array wanted{pollfd{fd.get(), POLLIN, 0}, pollfd{stop.get(), POLLIN, 0}};
    for (;;) {
        const auto ready = answer("poll", ::poll(wanted.data(), wanted.size(), milliseconds));
        if (ready && wanted[0].revents == 0 && wanted[1].revents != 0) return refuse(EINTR, "poll");
        if (ready) return ready.value() > 0;
        if (ready.error().code != EINTR) return Failure{ready.error()};
    }
}

SysResult<void> set_no_new_privileges() noexcept {
    OCI_TRY(answer("prctl(PR_SET_NO_NEW_PRIVS)", ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)));
    return {};
}

SysResult<void> set_dumpable(bool on) noexcept {
    OCI_TRY(answer("prctl(PR_SET_DUMPABLE)", ::prctl(PR_SET_DUMPABLE, on ? 1 : 0, 0, 0, 0)));
    return {};
}

SysResult<void> set_child_subreaper(bool on) noexcept {
    OCI_TRY(answer("prctl(PR_SET_CHILD_SUBREAPER)",
                   ::prctl(PR_SET_CHILD_SUBREAPER, on ? 1 : 0, 0, 0, 0)));
    return {};
}

SysResult<void> die_with_parent(int signal) noexcept {
    OCI_TRY(answer("prctl(PR_SET_PDEATHSIG)", ::prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0)));
    return {};
}

SysResult<void> set_hostname(std::string_view name) noexcept {
    OCI_TRY(answer("sethostname", ::sethostname(name.data(), name.size())));
    return {};
}

SysResult<void> set_domainname(std::string_view name) noexcept {
    OCI_TRY(answer("setdomainname", ::setdomainname(name.data(), name.size())));
    return {};
}

SysResult<void> new_session() noexcept {
    OCI_TRY(answer("setsid", ::setsid()));
    return {};
}

mode_t set_umask(mode_t mask) noexcept { return ::umask(mask); }

SysResult<void> change_directory(FdView directory) noexcept {
    OCI_TRY(repeated("fchdir", [&] { return ::fchdir(directory.get()); }));
    return {};
}

SysResult<void> change_directory(const char* path) noexcept {
    OCI_TRY(repeated("chdir", [&] { return ::chdir(path); }));
    return {};
}

SysResult<void> change_root(const char* path) noexcept {
    OCI_TRY(repeated("chroot", [&] { return ::chroot(path); }));
    return {};
}

SysResult<void> require_reachable_directory() noexcept {
    std::array<char, PATH_MAX> path{};
    OCI_TRY(answer("getcwd", ::syscall(SYS_getcwd, path.data(), path.size())));
    if (path[0] != '/') return refuse(EPERM, "getcwd (the directory is outside the root)");
    return {};
}

SysResult<void> execute(const char* path, char* const* argv, char* const* envp) noexcept {
    OCI_TRY(answer("execve", ::execve(path, argv, envp)));
    return {};
}

SysResult<void> execute_fd(FdView program, char* const* argv, char* const* envp) noexcept {
    OCI_TRY(
        answer("execveat", ::syscall(SYS_execveat, program.get(), "", argv, envp, AT_EMPTY_PATH)));
    return {};
}

SysResult<void> check_executable(const char* path) noexcept {
    // /proc/self/exe would be the runtime itself (CVE-2019-5736), /proc/self/fd/N anything.
    const auto program = open_without_magic(path, O_PATH);
    if (!program && program.error().code == ELOOP) return refuse(EACCES, "open");
    if (!program) return Failure{program.error()};
    const struct stat status = OCI_TRY(status_of(program.value()));
    if (S_ISDIR(status.st_mode)) return refuse(EISDIR, "stat");
    if (!S_ISREG(status.st_mode)) return refuse(EACCES, "stat");
    // Raw: the libc function emulates AT_EACCESS without asking about noexec mounts.
    OCI_TRY(repeated("faccessat2", [&] {
        return ::syscall(SYS_faccessat2, program.value().get(), "", X_OK,
                         AT_EACCESS | AT_EMPTY_PATH);
    }));
    return {};
}

}  // namespace oci::kernel
