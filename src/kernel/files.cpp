// SPDX-License-Identifier: Apache-2.0
#include "kernel/files.hpp"

#include <linux/close_range.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "kernel/repeated.hpp"

namespace oci::kernel {

SysResult<UniqueFd> open_at(FdView directory, const char* path, int flags, mode_t mode) noexcept {
    const long fd = OCI_TRY(
        repeated("open", [&] { return ::openat(directory.get(), path, flags | O_CLOEXEC, mode); }));
    return UniqueFd{static_cast<int>(fd)};
}

SysResult<UniqueFd> duplicate(FdView fd, int lowest) noexcept {
    const long copy = OCI_TRY(answer("fcntl", ::fcntl(fd.get(), F_DUPFD_CLOEXEC, lowest)));
    return UniqueFd{static_cast<int>(copy)};
}

SysResult<std::size_t> read_some(FdView fd, std::span<char> buffer) noexcept {
    for (;;) {
        const auto count = answer("read", ::read(fd.get(), buffer.data(), buffer.size()));
        if (count) return static_cast<std::size_t>(count.value());
        if (count.error().code != EINTR) return Failure{count.error()};
    }
}

SysResult<bool> wait_changed(FdView file, int milliseconds) noexcept {
    pollfd wanted{file.get(), POLLPRI, 0};
    const auto ready = answer("poll", ::poll(&wanted, 1, milliseconds));
    if (ready) return ready.value() > 0;
    if (ready.error().code == EINTR) return true;
    return Failure{ready.error()};
}

SysResult<std::size_t> write_some(FdView fd, std::string_view bytes) noexcept {
    for (;;) {
        const auto count = answer("write", ::write(fd.get(), bytes.data(), bytes.size()));
        if (count) return static_cast<std::size_t>(count.value());
        if (count.error().code != EINTR) return Failure{count.error()};
    }
}

SysResult<std::size_t> read_at(FdView fd, std::span<char> buffer, off_t offset) noexcept {
    for (;;) {
        const auto count = answer("pread", ::pread(fd.get(), buffer.data(), buffer.size(), offset));
        if (count) return static_cast<std::size_t>(count.value());
        if (count.error().code != EINTR) return Failure{count.error()};
    }
}

SysResult<std::size_t> write_at(FdView fd, std::string_view bytes, off_t offset) noexcept {
    for (;;) {
        const auto count = answer("pwrite", ::pwrite(fd.get(), bytes.data(), bytes.size(), offset));
        if (count) return static_cast<std::size_t>(count.value());
        if (count.error().code != EINTR) return Failure{count.error()};
    }
}

SysResult<void> write_all(FdView fd, std::string_view bytes) noexcept {
    do {
        const std::size_t count = OCI_TRY(write_some(fd, bytes));
        bytes.remove_prefix(count);
    } while (!bytes.empty());
    return {};
}

SysResult<void> make_directory(FdView directory, const char* name, mode_t mode) noexcept {
    OCI_TRY(repeated("mkdir", [&] { return ::mkdirat(directory.get(), name, mode); }));
    return {};
}

SysResult<void> make_node(FdView directory, const char* name, mode_t mode, dev_t device) noexcept {
    OCI_TRY(repeated("mknod", [&] { return ::mknodat(directory.get(), name, mode, device); }));
    return {};
}

SysResult<void> make_symlink(const char* target, FdView directory, const char* name) noexcept {
    OCI_TRY(repeated("symlink", [&] { return ::symlinkat(target, directory.get(), name); }));
    return {};
}

SysResult<void> rename(FdView directory, const char* from, const char* to) noexcept {
    OCI_TRY(
        repeated("rename", [&] { return ::renameat(directory.get(), from, directory.get(), to); }));
    return {};
}

SysResult<void> remove(FdView directory, const char* name, int flags) noexcept {
    OCI_TRY(repeated("unlink", [&] { return ::unlinkat(directory.get(), name, flags); }));
    return {};
}

SysResult<void> change_owner(FdView directory, const char* name, uid_t uid, gid_t gid) noexcept {
    OCI_TRY(repeated("chown", [&] {
        return ::fchownat(directory.get(), name, uid, gid, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH);
    }));
    return {};
}

SysResult<void> change_mode(FdView directory, const char* name, mode_t mode) noexcept {
    if (*name == '\0') {
        OCI_TRY(repeated("fchmod", [&] { return ::fchmod(directory.get(), mode); }));
        return {};
    }
    OCI_TRY(repeated("chmod", [&] { return ::fchmodat(directory.get(), name, mode, 0); }));
    return {};
}

SysResult<struct stat> status_of(FdView directory, const char* path) noexcept {
    struct stat status {};
    OCI_TRY(repeated("stat", [&] {
        return ::fstatat(directory.get(), path, &status, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW);
    }));
    return status;
}

SysResult<struct stat> status_behind(FdView directory, const char* path) noexcept {
    struct stat status {};
    OCI_TRY(repeated("stat", [&] { return ::fstatat(directory.get(), path, &status, 0); }));
    return status;
}

SysResult<MountIdentity> mount_identity(FdView directory, const char* path) noexcept {
    struct statx status {};
    OCI_TRY(repeated("statx", [&] {
        return ::statx(directory.get(), path,
                       AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC,
                       STATX_MNT_ID, &status);
    }));
    return MountIdentity{status.stx_mnt_id, (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0};
}

SysResult<FilesystemStatus> filesystem_of(FdView fd) noexcept {
    struct statfs status {};
    OCI_TRY(repeated("fstatfs", [&] { return ::fstatfs(fd.get(), &status); }));
    return FilesystemStatus{status.f_type, static_cast<std::uint64_t>(status.f_flags)};
}

SysResult<std::string_view> read_link(FdView directory, const char* name,
                                      std::span<char> buffer) noexcept {
    const long size = OCI_TRY(repeated("readlink", [&] {
        return ::readlinkat(directory.get(), name, buffer.data(), buffer.size());
    }));
    if (static_cast<std::size_t>(size) == buffer.size()) return refuse(ENAMETOOLONG, "readlink");
    return std::string_view{buffer.data(), static_cast<std::size_t>(size)};
}

SysResult<std::size_t> read_entries(FdView directory, std::span<char> buffer) noexcept {
    const long size = OCI_TRY(repeated("getdents64", [&] {
        return ::syscall(SYS_getdents64, directory.get(), buffer.data(), buffer.size());
    }));
    return static_cast<std::size_t>(size);
}

SysResult<std::size_t> copy_some(FdView from, FdView to, std::size_t most) noexcept {
    for (;;) {
        const auto count = answer("sendfile", ::sendfile(to.get(), from.get(), nullptr, most));
        if (count) return static_cast<std::size_t>(count.value());
        if (count.error().code != EINTR) return Failure{count.error()};
    }
}

SysResult<void> lock(FdView fd, int operation) noexcept {
    for (;;) {
        const auto locked = answer("flock", ::flock(fd.get(), operation));
        if (locked) return {};
        if (locked.error().code != EINTR) return Failure{locked.error()};
    }
}

SysResult<void> set_close_on_exec(FdView fd, bool on) noexcept {
    OCI_TRY(answer("fcntl", ::fcntl(fd.get(), F_SETFD, on ? FD_CLOEXEC : 0)));
    return {};
}

SysResult<bool> is_close_on_exec(FdView fd) noexcept {
    const long flags = OCI_TRY(answer("fcntl", ::fcntl(fd.get(), F_GETFD)));
    return (flags & FD_CLOEXEC) != 0;
}

SysResult<void> close_range(unsigned first, unsigned last, unsigned flags) noexcept {
    OCI_TRY(answer("close_range", ::syscall(SYS_close_range, first, last, flags)));
    return {};
}

SysResult<void> duplicate_onto(FdView fd, int number) noexcept {
    if (fd.get() == number) return set_close_on_exec(fd, false);
    OCI_TRY(answer("dup3", ::dup3(fd.get(), number, 0)));
    return {};
}

SysResult<Pipe> make_pipe() noexcept {
    int ends[2];
    OCI_TRY(answer("pipe2", ::pipe2(ends, O_CLOEXEC)));
    return Pipe{UniqueFd{ends[0]}, UniqueFd{ends[1]}};
}

SysResult<UniqueFd> make_memory_file(const char* label) noexcept {
    const long fd = OCI_TRY(answer("memfd_create", ::memfd_create(label, MFD_CLOEXEC)));
    return UniqueFd{static_cast<int>(fd)};
}

}  // namespace oci::kernel
