// SPDX-License-Identifier: Apache-2.0
#include "kernel/probes.hpp"

#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>

namespace oci::kernel {

SysResult<void> clone_into_no_cgroup() noexcept {
    constexpr std::uint64_t no_descriptor = 0x7fffffff;
    clone_args args{};
    args.flags = CLONE_INTO_CGROUP | CLONE_CLEAR_SIGHAND;
    args.exit_signal = SIGCHLD;
    args.cgroup = no_descriptor;
    const long pid = ::syscall(SYS_clone3, &args, sizeof args);
    if (pid == 0) ::_exit(0);  // a kernel without cgroups
    OCI_TRY(answer("clone3", pid));
    return {};
}

SysResult<void> set_attributes_of_no_mount() noexcept {
    struct mount_attr attributes {};
    attributes.attr_set = MOUNT_ATTR_RDONLY;
    OCI_TRY(answer("mount_setattr",
                   ::mount_setattr(-1, "", AT_EMPTY_PATH, &attributes, sizeof attributes)));
    return {};
}

SysResult<void> check_access(FdView directory, const char* path, int mode) noexcept {
    // Raw: the libc function emulates AT_EACCESS without asking about read-only mounts.
    OCI_TRY(
        answer("faccessat2", ::syscall(SYS_faccessat2, directory.get(), path, mode, AT_EACCESS)));
    return {};
}

SysResult<bool> has_attribute(FdView file, const char* name) noexcept {
    const auto size = answer("fgetxattr", ::fgetxattr(file.get(), name, nullptr, 0));
    if (size) return true;
    if (size.error().code == ENODATA || size.error().code == EOPNOTSUPP) return false;
    return Failure{size.error()};
}

SysResult<int> landlock_version() noexcept {
    const long version =
        OCI_TRY(answer("landlock_create_ruleset", ::syscall(SYS_landlock_create_ruleset, nullptr, 0,
                                                            LANDLOCK_CREATE_RULESET_VERSION)));
    return static_cast<int>(version);
}

}  // namespace oci::kernel
