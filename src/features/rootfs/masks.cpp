// SPDX-License-Identifier: Apache-2.0
#include "features/rootfs/masks.hpp"

#include <sys/mount.h>
#include <sys/stat.h>

#include "base/explain.hpp"
#include "base/path.hpp"
#include "kernel/files.hpp"
#include "kernel/mount.hpp"
#include "kernel/path_in_root.hpp"
#include "kernel/process.hpp"

namespace oci::masks {
namespace {

using kernel::SysResult;

constexpr std::uint64_t harmless =
    MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
constexpr const char* directory_name = "directory";
constexpr const char* file_name = "file";

/// The covers lie over the container's root, which meanwhile is entered by its descriptor.
class TemporaryPlace {
public:
    TemporaryPlace() = default;
    TemporaryPlace(const TemporaryPlace&) = delete;
    TemporaryPlace& operator=(const TemporaryPlace&) = delete;
    TemporaryPlace(TemporaryPlace&&) = delete;
    TemporaryPlace& operator=(TemporaryPlace&&) = delete;
    ~TemporaryPlace() { (void)leave(); }  // an earlier error is the one to report

    SysResult<void> take(FdView covers, FdView root) noexcept {
        before_ = OCI_TRY(kernel::open_at(kernel::here, ".", O_PATH | O_DIRECTORY));
        covers_ = OCI_TRY(kernel::duplicate(covers));
        OCI_TRY(kernel::attach_mount(covers, root));
        taken_ = true;
        return {};
    }

    /// umount2(2) wants a path: "." is the only one that nobody else has a say in.
    SysResult<void> leave() noexcept {
        if (!taken_) return {};
        taken_ = false;
        OCI_TRY(kernel::change_directory(covers_));
        OCI_TRY(kernel::unmount(".", MNT_DETACH));
        return kernel::change_directory(before_);
    }

private:
    UniqueFd before_;
    UniqueFd covers_;
    bool taken_ = false;
};

/// An empty directory and an empty file on a file system that nobody else has.
SysResult<UniqueFd> make_covers() noexcept {
    const UniqueFd filesystem = OCI_TRY(kernel::open_filesystem("tmpfs"));
    OCI_TRY(kernel::set_string(filesystem, "source", "mask"));
    OCI_TRY(kernel::set_string(filesystem, "mode", "0555"));
    OCI_TRY(kernel::set_string(filesystem, "nr_blocks", "1"));
    OCI_TRY(kernel::set_string(filesystem, "nr_inodes", "4"));
    OCI_TRY(kernel::create_filesystem(filesystem));
    UniqueFd covers = OCI_TRY(kernel::mount_filesystem(filesystem, 0));
    OCI_TRY(kernel::make_directory(covers, directory_name, 0555));
    OCI_TRY(kernel::open_at(covers, file_name, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, 0444));
    OCI_TRY(kernel::set_attributes(covers, "", {.set = harmless}, 0));
    return covers;
}

/// An empty descriptor: there is no such path.
SysResult<UniqueFd> open_if_there(FdView root, const std::string& path) noexcept {
    auto target = kernel::open_in_root(root, path.c_str(), O_PATH);
    if (target || (target.error().code != ENOENT && target.error().code != ENOTDIR)) return target;
    return UniqueFd{};
}

SysResult<bool> is_directory(FdView path) noexcept {
    const struct stat status = OCI_TRY(kernel::status_of(path));
    return S_ISDIR(status.st_mode);
}

/// Kernels before 6.15 clone attached mounts only, and closing a mount that never was
/// attached waits for an RCU grace period. So the covers themselves lie below the mask of
/// the first directory.
SysResult<bool> settle_covers(const Plan& plan, FdView root, FdView covers,
                              Progress& progress) noexcept {
    for (const std::string& path : plan.masked) {
        progress.subject = path;
        const UniqueFd target = OCI_TRY(open_if_there(root, path));
        if (!target) continue;
        const bool fits = OCI_TRY(is_directory(target));
        if (!fits) continue;
        OCI_TRY(kernel::attach_mount(covers, target));
        return true;
    }
    return false;
}

SysResult<void> enter_masked(const Plan& plan, FdView root, Progress& progress) noexcept {
    if (plan.masked.empty()) return {};
    const UniqueFd covers = OCI_TRY(make_covers());
    TemporaryPlace place;
    const bool settled = OCI_TRY(settle_covers(plan, root, covers, progress));
    if (!settled) OCI_TRY(place.take(covers, root));
    for (const std::string& path : plan.masked) {
        progress.subject = path;
        const UniqueFd target = OCI_TRY(open_if_there(root, path));
        if (!target) continue;
        const bool wants_directory = OCI_TRY(is_directory(target));
        const char* name = wants_directory ? directory_name : file_name;
        const UniqueFd cover = OCI_TRY(kernel::clone_tree(covers, name, 0));
        OCI_TRY(kernel::attach_mount(cover, target));
    }
    return place.leave();
}

SysResult<void> enter_readonly(const Plan& plan, FdView root, Progress& progress) noexcept {
    for (const std::string& path : plan.readonly) {
        progress.subject = path;
        const UniqueFd target = OCI_TRY(open_if_there(root, path));
        if (!target) continue;
        const UniqueFd copy = OCI_TRY(kernel::clone_tree(target, "", AT_RECURSIVE));
        OCI_TRY(kernel::set_attributes(copy, "", {.set = MOUNT_ATTR_RDONLY}, AT_RECURSIVE));
        OCI_TRY(kernel::attach_mount(copy, target));
    }
    return {};
}

Result<std::vector<std::string>> clean_paths(const std::vector<std::string>& paths,
                                             const char* pointer) {
    std::vector<std::string> clean;
    for (std::size_t i = 0; i < paths.size(); ++i) {
        if (!paths[i].starts_with('/'))
            return fail(ErrorKind::InvalidConfig, "{}/{}: \"{}\" is not an absolute path", pointer,
                        i, paths[i]);
        clean.push_back(clean_path(paths[i]));
    }
    return clean;
}

}  // namespace

Result<Plan> plan(const Spec& spec) {
    Plan plan;
    plan.masked = OCI_TRY(clean_paths(spec.linux_section.masked_paths, "/linux/maskedPaths"));
    plan.readonly = OCI_TRY(clean_paths(spec.linux_section.readonly_paths, "/linux/readonlyPaths"));
    return plan;
}

SysResult<void> enter(const Plan& plan, FdView root, Progress& progress) noexcept {
    OCI_TRY(enter_readonly(plan, root, progress));
    return enter_masked(plan, root, progress);
}

}  // namespace oci::masks
