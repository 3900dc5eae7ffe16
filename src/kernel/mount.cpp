// SPDX-License-Identifier: Apache-2.0
#include "kernel/mount.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/repeated.hpp"

namespace oci::kernel {

SysResult<UniqueFd> open_filesystem(const char* type) noexcept {
    const long fd = OCI_TRY(repeated("fsopen", [&] { return ::fsopen(type, FSOPEN_CLOEXEC); }));
    return UniqueFd{static_cast<int>(fd)};
}

SysResult<void> set_string(FdView filesystem, const char* key, const char* value) noexcept {
    OCI_TRY(repeated("fsconfig", [&] {
        return ::fsconfig(filesystem.get(), FSCONFIG_SET_STRING, key, value, 0);
    }));
    return {};
}

SysResult<void> set_flag(FdView filesystem, const char* key) noexcept {
    OCI_TRY(repeated("fsconfig", [&] {
        return ::fsconfig(filesystem.get(), FSCONFIG_SET_FLAG, key, nullptr, 0);
    }));
    return {};
}

SysResult<void> set_file(FdView filesystem, const char* key, FdView file) noexcept {
    OCI_TRY(repeated("fsconfig", [&] {
        return ::fsconfig(filesystem.get(), FSCONFIG_SET_FD, key, nullptr, file.get());
    }));
    return {};
}

SysResult<void> create_filesystem(FdView filesystem) noexcept {
    OCI_TRY(repeated("fsconfig", [&] {
        return ::fsconfig(filesystem.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0);
    }));
    return {};
}

SysResult<UniqueFd> pick_filesystem(FdView mount) noexcept {
    constexpr unsigned flags = FSPICK_CLOEXEC | FSPICK_EMPTY_PATH | FSPICK_NO_AUTOMOUNT;
    const long fd = OCI_TRY(repeated("fspick", [&] { return ::fspick(mount.get(), "", flags); }));
    return UniqueFd{static_cast<int>(fd)};
}

SysResult<void> reconfigure_filesystem(FdView filesystem) noexcept {
    OCI_TRY(repeated("fsconfig", [&] {
        return ::fsconfig(filesystem.get(), FSCONFIG_CMD_RECONFIGURE, nullptr, nullptr, 0);
    }));
    return {};
}

SysResult<UniqueFd> mount_filesystem(FdView filesystem, std::uint64_t attributes) noexcept {
    const long fd = OCI_TRY(repeated("fsmount", [&] {
        return ::fsmount(filesystem.get(), FSMOUNT_CLOEXEC, static_cast<unsigned>(attributes));
    }));
    return UniqueFd{static_cast<int>(fd)};
}

SysResult<UniqueFd> clone_tree(FdView directory, const char* path, unsigned flags) noexcept {
    const unsigned all = flags | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH;
    const long fd =
        OCI_TRY(repeated("open_tree", [&] { return ::open_tree(directory.get(), path, all); }));
    return UniqueFd{static_cast<int>(fd)};
}

SysResult<void> set_attributes(FdView directory, const char* path, const MountAttributes& wanted,
                               unsigned flags) noexcept {
    struct mount_attr attributes {};
    attributes.attr_set = wanted.set;
    attributes.attr_clr = wanted.clear;
    attributes.propagation = wanted.propagation;
    OCI_TRY(repeated("mount_setattr", [&] {
        return ::mount_setattr(directory.get(), path, flags | AT_EMPTY_PATH, &attributes,
                               sizeof attributes);
    }));
    return {};
}

SysResult<void> set_id_map(FdView mount, FdView user_namespace, unsigned flags) noexcept {
    struct mount_attr attributes {};
    attributes.attr_set = MOUNT_ATTR_IDMAP;
    attributes.userns_fd = static_cast<unsigned>(user_namespace.get());
    OCI_TRY(repeated("mount_setattr", [&] {
        return ::mount_setattr(mount.get(), "", flags | AT_EMPTY_PATH, &attributes,
                               sizeof attributes);
    }));
    return {};
}

SysResult<void> attach_mount(FdView mount, FdView target) noexcept {
    constexpr unsigned both_are_descriptors = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH;
    OCI_TRY(repeated("move_mount", [&] {
        return ::move_mount(mount.get(), "", target.get(), "", both_are_descriptors);
    }));
    return {};
}

SysResult<void> pivot_root_here() noexcept {
    OCI_TRY(repeated("pivot_root", [&] { return ::syscall(SYS_pivot_root, ".", "."); }));
    return {};
}

SysResult<void> unmount(const char* path, int flags) noexcept {
    OCI_TRY(repeated("umount", [&] { return ::umount2(path, flags); }));
    return {};
}

}  // namespace oci::kernel
