// SPDX-License-Identifier: Apache-2.0
#include "features/rootfs/rootfs.hpp"

#include <sys/mount.h>
#include <sys/stat.h>

#include <array>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/path.hpp"
#include "features/rootfs/host_mounts.hpp"
#include "kernel/files.hpp"
#include "kernel/mount.hpp"
#include "kernel/process.hpp"
#include "kernel/thread.hpp"

namespace oci::rootfs {
namespace {

using kernel::SysResult;

struct Need {
    bool present;
    const char* pointer;
};

Result<void> refuse_mounts(const Spec& spec) {
    const Linux& section = spec.linux_section;
    const std::array needs{
        Need{!spec.mounts.empty(), "/mounts"},
        Need{spec.root.readonly, "/root/readonly"},
        Need{!section.masked_paths.empty(), "/linux/maskedPaths"},
        Need{!section.readonly_paths.empty(), "/linux/readonlyPaths"},
        Need{!section.devices.empty(), "/linux/devices"},
        Need{section.rootfs_propagation != Propagation::Unset, "/linux/rootfsPropagation"},
    };
    for (const Need& need : needs)
        if (need.present)
            return with(
                fail(ErrorKind::InvalidConfig,
                     "{}: needs a mount namespace, and /linux/namespaces has none", need.pointer),
                {.hint = "add {\"type\": \"mount\"} to it"});
    return {};
}

/// A slash at the end would make the kernel follow a symlink there.
std::string without_trailing_slashes(std::string path) {
    while (path.size() > 1 && (path.ends_with('/') || path.ends_with("/.")))
        path.resize(path.rfind('/') == 0 ? 1 : path.rfind('/'));
    return path;
}

std::uint64_t propagation_of_host(Propagation wanted) noexcept {
    switch (wanted) {
        case Propagation::Shared: return MS_SHARED;
        case Propagation::Private:
        case Propagation::Unbindable:  // or nothing of the host could be bound
            return MS_PRIVATE;
        case Propagation::Unset:
        case Propagation::Slave: break;
    }
    return MS_SLAVE;
}

/// Attributes are of whole mounts, so this goes up to the root of the one that holds a directory.
SysResult<void> make_holder_private(FdView directory) noexcept {
    constexpr int deepest = 4096;
    UniqueFd at = OCI_TRY(kernel::open_at(directory, ".", O_PATH | O_DIRECTORY));
    for (int level = 0; level < deepest; ++level) {
        const kernel::MountIdentity identity = OCI_TRY(kernel::mount_identity(at));
        if (identity.is_mount_root)
            return kernel::set_attributes(at, "", {.propagation = MS_PRIVATE}, 0);
        at = OCI_TRY(kernel::open_at(at, "..", O_PATH | O_DIRECTORY));
    }
    return kernel::refuse(ELOOP, "find the mount of the root");
}

/// The directory that is to be the root. Who exchanges two bundles all the time has it exchanged
/// back as often: then it is there at one of the next looks, or when that one had its turn.
SysResult<UniqueFd> open_place(const Plan& plan) noexcept {
    constexpr int at_once = 100;
    constexpr int most = at_once + 2000;  // a tenth of a second and more
    for (int look = 0; look < most; ++look) {
        if (look > at_once) kernel::rest_a_moment();
        UniqueFd place = OCI_TRY(
            kernel::open_at(kernel::here, plan.path.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW));
        if (plan.inode == 0) return place;
        const struct stat status = OCI_TRY(kernel::status_of(place));
        if (status.st_ino == plan.inode && status.st_dev == plan.device) return place;
    }
    return kernel::refuse(ESTALE, "find the root that belongs to config.json");
}

SysResult<void> change_root_to(FdView root) noexcept {
    OCI_TRY(kernel::change_directory(root));
    OCI_TRY(kernel::change_root("."));
    return kernel::change_directory("/");
}

SysResult<void> swap_roots(FdView root) noexcept {
    const UniqueFd old_root = OCI_TRY(kernel::open_at(kernel::here, "/", O_PATH | O_DIRECTORY));
    OCI_TRY(kernel::change_directory(root));
    OCI_TRY(kernel::pivot_root_here());
    // Only the old root: a shared one would pass the unmounting on to the host.
    OCI_TRY(kernel::set_attributes(old_root, "", {.propagation = MS_SLAVE}, AT_RECURSIVE));
    OCI_TRY(kernel::change_directory(old_root));
    OCI_TRY(kernel::unmount(".", MNT_DETACH));
    return kernel::change_directory("/");
}

/// The host's mounts stay in the namespace, so a procfs or sysfs among them would
/// stay in reach, and would let the kernel allow new ones without any mask.
SysResult<void> remove_from_sight(const char* path) noexcept {
    const auto unmounted = kernel::unmount(path, MNT_DETACH | UMOUNT_NOFOLLOW);
    if (unmounted || unmounted.error().code == ENOENT) return {};
    if (unmounted.error().code != EINVAL && unmounted.error().code != EPERM) return unmounted;
    const UniqueFd target = OCI_TRY(kernel::open_at(kernel::here, path, O_PATH | O_NOFOLLOW));
    const UniqueFd filesystem = OCI_TRY(kernel::open_filesystem("tmpfs"));
    OCI_TRY(kernel::create_filesystem(filesystem));
    const UniqueFd cover =
        OCI_TRY(kernel::mount_filesystem(filesystem, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC));
    return kernel::attach_mount(cover, target);
}

SysResult<void> move_over_old_root(const Plan& plan, FdView root, Progress& progress) noexcept {
    for (const std::string& path : plan.host_kernel_filesystems) {
        progress.subject = path;
        OCI_TRY(remove_from_sight(path.c_str()));
    }
    progress.subject = plan.path;
    const UniqueFd old_root = OCI_TRY(kernel::open_at(kernel::here, "/", O_PATH | O_DIRECTORY));
    OCI_TRY(kernel::attach_mount(root, old_root));
    return change_root_to(root);
}

}  // namespace

Result<Plan> plan(const Spec& spec, const std::string& bundle, bool no_pivot) {
    if (spec.root.path.empty()) return fail(ErrorKind::InvalidConfig, "/root/path: must be set");
    Plan plan;
    plan.path = without_trailing_slashes(join_path(bundle, spec.root.path));
    plan.readonly = spec.root.readonly;
    plan.no_pivot = no_pivot;
    const Namespace* mount = find_namespace(spec, NamespaceKind::Mount);
    plan.has_mount_namespace = mount != nullptr;
    plan.is_in_joined_namespace = mount != nullptr && !mount->path.empty();
    plan.propagation = spec.linux_section.rootfs_propagation;
    plan.propagation_recursive = spec.linux_section.rootfs_propagation_recursive;
    if (plan.has_mount_namespace) return plan;
    OCI_TRY(refuse_mounts(spec));
    if (clean_path(plan.path) == "/")
        return fail(ErrorKind::InvalidConfig,
                    "/root/path: the host's root needs a mount namespace, and /linux/namespaces "
                    "has none");
    return plan;
}

void expect(Plan& plan, dev_t device, ino_t inode) {
    if (plan.is_in_joined_namespace) return;
    plan.device = device;
    plan.inode = inode;
}

Result<void> set_overlay(Plan& plan, const RootOverlay& overlay, bool in_user_namespace) {
    if (!plan.has_mount_namespace)
        return fail(ErrorKind::InvalidConfig,
                    "root overlay: needs a mount namespace, and /linux/namespaces has none");
    plan.overlay = OCI_TRY(plan_overlay(overlay, in_user_namespace));
    return {};
}

Result<void> set_mapped_overlay(Plan& plan, const RootOverlay& overlay, const Spec& spec) {
    OCI_TRY(set_overlay(plan, overlay, /*in_user_namespace=*/false));
    mounts::IdMap map;
    map.uids = spec.linux_section.uid_mappings;
    map.gids = spec.linux_section.gid_mappings;
    const Namespace* own = find_namespace(spec, NamespaceKind::User);
    if (own != nullptr) map.joined = own->path;
    plan.overlay->id_map.emplace(std::move(map));
    return {};
}

Result<void> check(const Plan& plan) {
    const auto status =
        OCI_TRY(with_if(ENOENT,
                        explain(kernel::status_of(kernel::here, plan.path.c_str()),
                                "/root/path: cannot use {}", plan.path),
                        {.code = "root-unusable", .hint = "unpack the image's files there"}));
    if (S_ISLNK(status.st_mode))
        return with(fail(ErrorKind::InvalidConfig, "/root/path: {} is a symlink", plan.path),
                    {.code = "root-unusable", .hint = "write where it leads to"});
    if (!S_ISDIR(status.st_mode))
        return with(fail(ErrorKind::InvalidConfig, "/root/path: {} is not a directory", plan.path),
                    {.code = "root-unusable"});
    return {};
}

Result<void> prepare(Plan& plan) {
    OCI_TRY(check(plan));
    if (plan.overlay) OCI_TRY(prepare_overlay(*plan.overlay));
    if (!plan.no_pivot || !plan.has_mount_namespace) return {};
    std::vector<std::string> found =
        OCI_TRY(explain(find_kernel_filesystems(plan.path), "cannot read the mounts of the host"));
    plan.host_kernel_filesystems = std::move(found);
    return {};
}

SysResult<UniqueFd> enter(const Plan& plan, Progress& progress) noexcept {
    progress.subject = plan.path;
    if (!plan.has_mount_namespace) return open_place(plan);
    const std::uint64_t of_host = propagation_of_host(plan.propagation);
    OCI_TRY(kernel::set_attributes(kernel::here, "/", {.propagation = of_host}, AT_RECURSIVE));
    const UniqueFd place = OCI_TRY(open_place(plan));
    // The host is a peer of a shared holder, and would get what is attached to it.
    if (of_host == MS_SHARED) OCI_TRY(make_holder_private(place));
    if (plan.overlay) return enter_overlay(*plan.overlay, plan.path.c_str(), progress);
    UniqueFd root = OCI_TRY(kernel::clone_tree(place, "", AT_RECURSIVE));
    const std::uint64_t of_root = of_host == MS_SLAVE ? MS_SLAVE : MS_PRIVATE;
    OCI_TRY(kernel::set_attributes(root, "", {.propagation = of_root}, AT_RECURSIVE));
    OCI_TRY(kernel::attach_mount(root, place));
    return root;
}

SysResult<void> pivot(const Plan& plan, FdView root, Progress& progress) noexcept {
    progress.subject = plan.path;
    if (!plan.has_mount_namespace) return change_root_to(root);
    return plan.no_pivot ? move_over_old_root(plan, root, progress) : swap_roots(root);
}

SysResult<void> finish(const Plan& plan, FdView root, Progress& progress) noexcept {
    progress.subject = "/";
    if (!plan.has_mount_namespace) return {};
    const unsigned reach = plan.propagation_recursive ? AT_RECURSIVE : 0;
    if (plan.propagation == Propagation::Shared)
        OCI_TRY(kernel::set_attributes(root, "", {.propagation = MS_SHARED}, reach));
    if (plan.propagation == Propagation::Unbindable)
        OCI_TRY(kernel::set_attributes(root, "", {.propagation = MS_UNBINDABLE}, reach));
    if (plan.readonly) OCI_TRY(kernel::set_attributes(root, "", {.set = MOUNT_ATTR_RDONLY}, 0));
    return {};
}

}  // namespace oci::rootfs
