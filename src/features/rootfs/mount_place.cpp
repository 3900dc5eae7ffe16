// SPDX-License-Identifier: Apache-2.0
//
// mounts in init: every target is resolved to a descriptor, once.
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <array>
#include <climits>

#include "features/rootfs/copy_up.hpp"
#include "features/rootfs/mount_build.hpp"
#include "features/rootfs/mounts.hpp"
#include "kernel/files.hpp"
#include "kernel/mount.hpp"
#include "kernel/path_in_root.hpp"

namespace oci::mounts {
namespace {

using kernel::Kind;
using kernel::SysError;
using kernel::SysResult;

struct Target {
    UniqueFd place;
    std::optional<mode_t> mode;  ///< If it was there before.
};

kernel::Links links_of(const Entry& entry) noexcept {
    return entry.ordinary_directory || entry.belongs_on_procfs ? kernel::Links::Refuse
                                                               : kernel::Links::Follow;
}

SysResult<UniqueFd> open_destination(const Entry& entry, FdView root) noexcept {
    const int last_link = entry.options.no_follow_destination ? O_NOFOLLOW : 0;
    return kernel::open_in_root(root, entry.destination.c_str(), O_PATH | last_link,
                                links_of(entry));
}

SysResult<void> check_target(const Entry& entry, FdView target) noexcept {
    const struct stat status = OCI_TRY(kernel::status_of(target));
    if (entry.ordinary_directory && !S_ISDIR(status.st_mode))
        return kernel::refuse(ENOTDIR, "must be mounted on ordinary directory");
    const kernel::FilesystemStatus filesystem = OCI_TRY(kernel::filesystem_of(target));
    // The name was checked in the plan; a symlink may have led here by another one.
    if (filesystem.type == PROC_SUPER_MAGIC && !entry.belongs_on_procfs)
        return kernel::refuse(EPERM, "nothing may be mounted inside procfs");
    return {};
}

SysResult<Target> find_or_make_target(const Entry& entry, FdView root, Kind kind) noexcept {
    auto existing = open_destination(entry, root);
    if (existing) {
        const struct stat status = OCI_TRY(kernel::status_of(existing.value()));
        return Target{std::move(existing).value(), status.st_mode & 07777U};
    }
    if (existing.error().code != ENOENT) return Failure{existing.error()};
    UniqueFd made =
        OCI_TRY(kernel::make_in_root(root, entry.destination.c_str(), kind, links_of(entry)));
    return Target{std::move(made), std::nullopt};
}

SysResult<Target> open_target(const Entry& entry, FdView root, Kind kind) noexcept {
    auto target = find_or_make_target(entry, root, kind);
    if (!target) {
        const int code = target.error().code;
        const bool is_no_directory = code == ELOOP || code == ENOTDIR;
        if (entry.ordinary_directory && is_no_directory)
            return kernel::refuse(code, "must be mounted on ordinary directory");
        return target;
    }
    OCI_TRY(check_target(entry, target.value().place));
    return target;
}

SysResult<bool> is_root_of(FdView place, FdView mount) noexcept {
    const kernel::MountIdentity wanted = OCI_TRY(kernel::mount_identity(mount));
    const kernel::MountIdentity present = OCI_TRY(kernel::mount_identity(place));
    return wanted.mount_id == present.mount_id && present.is_mount_root;
}

/// Somebody who can write to a volume may move the target away meanwhile: then
/// the mount is not where the config wants it, though still inside the root, and
/// follows to where the destination leads by then.
SysResult<void> place(const Entry& entry, UniqueFd& root, UniqueFd mount, const Target& target,
                      Kind kind) noexcept {
    constexpr int most_looks = 64;
    OCI_TRY(kernel::attach_mount(mount, target.place));
    if (entry.destination == "/") {
        root = std::move(mount);
        return {};
    }
    for (int look = 0; look < most_looks; ++look) {
        const Target next = OCI_TRY(find_or_make_target(entry, root, kind));
        const bool done = OCI_TRY(is_root_of(next.place, mount));
        if (done) return {};
        OCI_TRY(check_target(entry, next.place));
        // Every second time, lest two directories swap in step with the moves.
        if (look % 2 == 1) OCI_TRY(kernel::attach_mount(mount, next.place));
    }
    return kernel::refuse(EXDEV, "the target keeps moving while it is mounted on");
}

/// Only a mount of procfs itself; a directory of ours at /proc would be believed by runtimes.
SysResult<void> require_procfs(FdView source) noexcept {
    constexpr ino_t root_of_procfs = 1;
    const kernel::FilesystemStatus filesystem = OCI_TRY(kernel::filesystem_of(source));
    const struct stat status = OCI_TRY(kernel::status_of(source));
    if (filesystem.type != PROC_SUPER_MAGIC || status.st_ino != root_of_procfs)
        return kernel::refuse(EINVAL, "only a proc file system may be bound at /proc");
    return {};
}

SysResult<void> enter_bind(const Entry& entry, UniqueFd& root) noexcept {
    UniqueFd mount = OCI_TRY(open_bind(entry));
    if (entry.destination == "/proc") OCI_TRY(require_procfs(mount));
    const struct stat status = OCI_TRY(kernel::status_of(mount));
    const Kind kind = S_ISDIR(status.st_mode) ? Kind::Directory : Kind::File;
    const Target target = OCI_TRY(open_target(entry, root, kind));
    const struct stat present = OCI_TRY(kernel::status_of(target.place));
    // The kernel says EINVAL; engines explain it to their users if they read these words.
    if (S_ISDIR(status.st_mode) != S_ISDIR(present.st_mode))
        return kernel::refuse(ENOTDIR, "source and target are not both directories or both files");
    OCI_TRY(set_propagation_of(entry, mount));
    return place(entry, root, std::move(mount), target, kind);
}

SysResult<void> enter_filesystem(const Entry& entry, UniqueFd& root) noexcept {
    const Target target = OCI_TRY(open_target(entry, root, Kind::Directory));
    const std::optional<mode_t> mode = entry.inherits_mode ? target.mode : std::nullopt;
    UniqueFd mount = OCI_TRY(build_filesystem(entry, mode));
    if (entry.options.copy_up && target.mode) OCI_TRY(copy_up(target.place, mount));
    // Only now: who copies need not have an id in the map.
    if (!entry.opened) OCI_TRY(map_owners(entry, mount));
    OCI_TRY(set_propagation_of(entry, mount));
    return place(entry, root, std::move(mount), target, Kind::Directory);
}

SysResult<void> change_mounted(const Entry& entry, FdView root) noexcept {
    const UniqueFd mounted = OCI_TRY(open_destination(entry, root));
    const kernel::MountIdentity identity = OCI_TRY(kernel::mount_identity(mounted));
    if (!identity.is_mount_root) return kernel::refuse(EINVAL, "nothing is mounted there");
    OCI_TRY(change_filesystem(entry, mounted));
    OCI_TRY(set_attributes_of(entry, mounted));
    return set_propagation_of(entry, mounted);
}

/// True if the source is a symlink and has been made anew.
SysResult<bool> copy_symlink(const Entry& entry, FdView root) noexcept {
    std::array<char, PATH_MAX> buffer;
    buffer.fill('\0');
    const auto target = kernel::read_link(kernel::here, entry.source.c_str(), buffer);
    if (!target && target.error().code == EINVAL) return false;
    if (!target) return Failure{target.error()};
    const kernel::Place link = OCI_TRY(kernel::place_in_root(root, entry.destination.c_str()));
    const auto made = kernel::make_symlink(buffer.data(), link.directory, link.name);
    if (made) return true;
    std::array<char, PATH_MAX> present;
    const auto same = kernel::read_link(link.directory, link.name, present);
    if (made.error().code != EEXIST || !same || same.value() != target.value())
        return Failure{made.error()};
    return true;
}

SysResult<void> enter_one(const Entry& entry, UniqueFd& root) noexcept {
    switch (entry.kind) {
        case EntryKind::Remount: return change_mounted(entry, root);
        case EntryKind::Filesystem: return enter_filesystem(entry, root);
        case EntryKind::Bind: break;
    }
    if (entry.options.copy_symlink && !entry.opened) {
        const bool is_done = OCI_TRY(copy_symlink(entry, root));
        if (is_done) return {};
    }
    return enter_bind(entry, root);
}

}  // namespace

SysResult<void> enter(const Plan& plan, UniqueFd& root, Progress& progress) noexcept {
    for (const Entry& entry : plan.entries) {
        progress.subject = entry.subject;
        OCI_TRY(enter_one(entry, root));
    }
    return {};
}

SysResult<void> finish(const Plan& plan, FdView root, Progress& progress) noexcept {
    for (const Entry& entry : plan.entries) {
        if (!entry.late_readonly) continue;
        progress.subject = entry.subject;
        const UniqueFd mounted = OCI_TRY(open_destination(entry, root));
        OCI_TRY(kernel::set_attributes(mounted, "", {.set = MOUNT_ATTR_RDONLY}, 0));
    }
    return {};
}

}  // namespace oci::mounts
