// SPDX-License-Identifier: Apache-2.0
#include "features/rootfs/mount_build.hpp"

#include <sys/mount.h>
#include <sys/stat.h>

#include <array>
#include <charconv>

#include "base/explain.hpp"
#include "base/path.hpp"
#include "kernel/files.hpp"
#include "kernel/mount.hpp"

namespace oci::mounts {
namespace {

using kernel::SysResult;

unsigned clone_flags(const Entry& entry) noexcept {
    return (entry.options.recursive_bind ? unsigned{AT_RECURSIVE} : 0U) |
           (entry.options.no_follow_source ? unsigned{AT_SYMLINK_NOFOLLOW} : 0U);
}

SysResult<void> set_mode(FdView filesystem, mode_t mode) noexcept {
    std::array<char, 16> text{};
    std::to_chars(text.data(), text.data() + text.size() - 1, mode & 07777U, 8);
    return kernel::set_string(filesystem, "mode", text.data());
}

SysResult<void> configure(const Entry& entry, FdView filesystem) noexcept {
    OCI_TRY(kernel::set_string(filesystem, "source", entry.source.c_str()));
    for (const std::string& flag : entry.options.superblock_flags) {
        const auto set = kernel::set_flag(filesystem, flag.c_str());
        // Most file systems count versions anyway, and then do not know the word.
        const bool is_needless = !set && set.error().code == EINVAL && flag == "iversion";
        if (!set && !is_needless) return set;
    }
    for (const Setting& setting : entry.options.settings) {
        if (setting.is_flag)
            OCI_TRY(kernel::set_flag(filesystem, setting.key.c_str()));
        else
            OCI_TRY(kernel::set_string(filesystem, setting.key.c_str(), setting.value.c_str()));
    }
    return {};
}

SysResult<UniqueFd> make_filesystem(const Entry& entry, std::optional<mode_t> mode) noexcept {
    const UniqueFd filesystem = OCI_TRY(kernel::open_filesystem(entry.type.c_str()));
    OCI_TRY(configure(entry, filesystem));
    if (mode) OCI_TRY(set_mode(filesystem, *mode));
    OCI_TRY(kernel::create_filesystem(filesystem));
    return kernel::mount_filesystem(filesystem, entry.options.set);
}

/// What is bound instead belongs to the host: attributes are added to all of
/// it, and those that the kernel may have locked stay.
SysResult<UniqueFd> bind_substitute(const Entry& entry) noexcept {
    if (entry.opened) return kernel::duplicate(entry.opened);
    return kernel::clone_tree(kernel::here, entry.substitute.c_str(), AT_RECURSIVE);
}

SysResult<UniqueFd> build_substitute(const Entry& entry) noexcept {
    UniqueFd mount = OCI_TRY(bind_substitute(entry));
    const std::uint64_t added = entry.options.set & ~std::uint64_t{MOUNT_ATTR__ATIME};
    if (added != 0) OCI_TRY(kernel::set_attributes(mount, "", {.set = added}, AT_RECURSIVE));
    return mount;
}

SysResult<void> set_some(FdView mount, std::uint64_t set, std::uint64_t clear,
                         unsigned reach) noexcept {
    if (set == 0 && clear == 0) return {};
    return kernel::set_attributes(mount, "", {.set = set, .clear = clear}, reach);
}

/// The descriptor of a bind's source, where the parent may and should open it.
SysResult<UniqueFd> open_as_parent(const Plan& plan, const char* path, unsigned flags) {
    auto mount = kernel::clone_tree(kernel::here, path, flags);
    // Without rights over its own mounts the parent leaves this to init.
    if (!mount && mount.error().code == EPERM) return UniqueFd{};
    if (!mount || plan.propagation == Propagation::Shared) return mount;
    const std::uint64_t kind = plan.propagation == Propagation::Private ? MS_PRIVATE : MS_SLAVE;
    OCI_TRY(kernel::set_attributes(mount.value(), "", {.propagation = kind}, AT_RECURSIVE));
    return mount;
}

Result<void> prepare_bind(const Plan& plan, Entry& entry) {
    // Earlier entries may have to be there first.
    if (is_below(clean_path(entry.source), plan.root_path)) return {};
    const bool follows = !entry.options.no_follow_source && !entry.options.copy_symlink;
    const char* path = entry.source.c_str();
    const auto status =
        follows ? kernel::status_behind(kernel::here, path) : kernel::status_of(kernel::here, path);
    OCI_TRY(explain(status, "/mounts/{}/source: cannot mount {}", entry.position, entry.source));
    const bool is_copied = entry.options.copy_symlink && S_ISLNK(status.value().st_mode);
    if (!plan.has_user_namespace || is_copied) return {};
    entry.opened =
        OCI_TRY(explain(open_as_parent(plan, path, clone_flags(entry)),
                        "/mounts/{}/source: cannot open {}", entry.position, entry.source));
    return {};
}

}  // namespace

Result<void> prepare(Plan& plan) {
    if (plan.joins_mount_namespace) return {};
    for (Entry& entry : plan.entries) {
        if (entry.kind == EntryKind::Bind) OCI_TRY(prepare_bind(plan, entry));
        if (!plan.has_user_namespace || !entry.substitute_at_once) continue;
        entry.opened =
            OCI_TRY(explain(open_as_parent(plan, entry.substitute.c_str(), AT_RECURSIVE),
                            "/mounts/{}: cannot open {}", entry.position, entry.substitute));
    }
    return {};
}

SysResult<UniqueFd> open_bind(const Entry& entry) noexcept {
    if (entry.opened) return kernel::duplicate(entry.opened);
    return kernel::clone_tree(kernel::here, entry.source.c_str(), clone_flags(entry));
}

SysResult<UniqueFd> build_filesystem(const Entry& entry,
                                     std::optional<mode_t> inherited_mode) noexcept {
    if (entry.substitute_at_once) return build_substitute(entry);
    auto mount = make_filesystem(entry, inherited_mode);
    const bool is_refused = !mount && (mount.error().code == EPERM || mount.error().code == EBUSY);
    if (is_refused && !entry.substitute.empty()) return build_substitute(entry);
    return mount;
}

SysResult<void> set_attributes_of(const Entry& entry, FdView mount) noexcept {
    const Options& options = entry.options;
    OCI_TRY(set_some(mount, options.set, options.clear, 0));
    return set_some(mount, options.recursive_set, options.recursive_clear, AT_RECURSIVE);
}

SysResult<void> set_propagation_of(const Entry& entry, FdView mount) noexcept {
    for (const PropagationChange& change : entry.options.propagations)
        OCI_TRY(kernel::set_attributes(mount, "", {.propagation = change.kind},
                                       change.recursive ? AT_RECURSIVE : 0U));
    return {};
}

}  // namespace oci::mounts
