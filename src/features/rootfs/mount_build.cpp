// SPDX-License-Identifier: Apache-2.0
#include "features/rootfs/mount_build.hpp"

#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <span>
#include <string_view>

#include "kernel/files.hpp"
#include "kernel/mount.hpp"

namespace oci::mounts {
namespace {

using kernel::SysError;
using kernel::SysResult;

SysResult<void> set_mode(FdView filesystem, mode_t mode) noexcept {
    std::array<char, 16> text{};
    std::to_chars(text.data(), text.data() + text.size() - 1, mode & 07777U, 8);
    return kernel::set_string(filesystem, "mode", text.data());
}

/// What the kernel has to say of a file system is kept until the process is replaced: in
/// init there is nowhere else to put it, and no second failure.
Failure<SysError> with_reason(FdView filesystem, SysError error) noexcept {
    static std::array<char, 128> reason;
    constexpr std::string_view mark = "e ";  // an error; warnings and notes begin with w, i
    for (int line = 0; line < 8; ++line) {
        reason.fill('\0');
        const auto size = kernel::read_some(filesystem, std::span{reason}.first<127>());
        if (!size) break;
        if (!std::string_view{reason.data()}.starts_with(mark)) continue;
        std::ranges::replace(reason, '\n', '\0');
        return Failure{SysError{error.code, reason.data() + mark.size()}};
    }
    return Failure{error};
}

SysResult<void> set_superblock_flag(FdView filesystem, const std::string& flag) noexcept {
    const auto set = kernel::set_flag(filesystem, flag.c_str());
    // Most file systems count versions anyway, and then do not know the word.
    const bool is_needless =
        !set && set.error().code == EINVAL && (flag == "iversion" || flag == "noiversion");
    return is_needless ? SysResult<void>{} : set;
}

SysResult<void> set_setting(FdView filesystem, const Setting& setting) noexcept {
    const char* key = setting.key.c_str();
    if (setting.is_flag) return kernel::set_flag(filesystem, key);
    if (!setting.is_opened) return kernel::set_string(filesystem, key, setting.value.c_str());
    const UniqueFd directory =
        OCI_TRY(kernel::open_at(kernel::here, setting.value.c_str(), O_RDONLY | O_DIRECTORY));
    return kernel::set_file(filesystem, key, directory);
}

enum class Group : unsigned char { AsGiven, LeftOut };

SysResult<void> configure(const Options& options, FdView filesystem,
                          Group group = Group::AsGiven) noexcept {
    for (const std::string& flag : options.superblock_flags)
        OCI_TRY(set_superblock_flag(filesystem, flag));
    for (const Setting& setting : options.settings) {
        if (group == Group::LeftOut && setting.key == "gid") continue;
        OCI_TRY(set_setting(filesystem, setting));
    }
    return {};
}

SysResult<void> configure_new(const Entry& entry, FdView filesystem, std::optional<mode_t> mode,
                              Group group) noexcept {
    OCI_TRY(kernel::set_string(filesystem, "source", entry.source.c_str()));
    OCI_TRY(configure(entry.options, filesystem, group));
    if (mode) OCI_TRY(set_mode(filesystem, *mode));
    return kernel::create_filesystem(filesystem);
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

/// Made by the parent, which could not know the mode yet.
SysResult<UniqueFd> take_prepared(const Entry& entry, std::optional<mode_t> mode) noexcept {
    UniqueFd mount = OCI_TRY(kernel::duplicate(entry.opened));
    // A root whose owner the map leaves out is nobody's to change, and keeps its mode.
    if (mode) (void)kernel::change_mode(mount, ".", *mode);
    return mount;
}

SysResult<bool> is_same_file(FdView one, FdView other) noexcept {
    const struct stat first = OCI_TRY(kernel::status_of(one));
    const struct stat second = OCI_TRY(kernel::status_of(other));
    return first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

/// A mount of the user namespace's own mount namespace keeps ro, nosuid, nodev and noexec of the
/// host: the container cannot take them back. Fails where its root cannot get to the source, a
/// mount covers a part of it, or the config itself takes back what the host has set.
SysResult<UniqueFd> open_locked(const Entry& entry) noexcept {
    UniqueFd mount = OCI_TRY(clone_source(entry));
    const bool is_same = OCI_TRY(is_same_file(mount, entry.opened));
    if (!is_same) return kernel::refuse(ESTALE, "source");
    OCI_TRY(set_attributes_of(entry, mount));
    return mount;
}

SysResult<UniqueFd> make_filesystem_with(const Entry& entry, std::optional<mode_t> mode,
                                         Group group) noexcept {
    const UniqueFd filesystem = OCI_TRY(kernel::open_filesystem(entry.type.c_str()));
    const auto configured = configure_new(entry, filesystem, mode, group);
    if (!configured) return with_reason(filesystem, configured.error());
    return kernel::mount_filesystem(filesystem, entry.options.set);
}

/// What an outer user namespace has locked on a mount stays as it is: that is less than asked for,
/// but all that the kernel gives.
SysResult<void> set_attributes_but_locked(const Entry& entry, FdView mount) noexcept {
    struct Flag {
        unsigned long of_mount;
        std::uint64_t attribute;
    };
    constexpr std::array lockable{
        Flag{ST_RDONLY, MOUNT_ATTR_RDONLY},
        Flag{ST_NOSUID, MOUNT_ATTR_NOSUID},
        Flag{ST_NODEV, MOUNT_ATTR_NODEV},
        Flag{ST_NOEXEC, MOUNT_ATTR_NOEXEC},
    };
    const auto done = set_attributes_of(entry, mount);
    if (done || done.error().code != EPERM || !entry.yields_to_locks) return done;
    const kernel::FilesystemStatus present = OCI_TRY(kernel::filesystem_of(mount));
    std::uint64_t clear = entry.options.clear & ~std::uint64_t{MOUNT_ATTR__ATIME};
    for (const Flag& flag : lockable)
        if ((present.flags & flag.of_mount) != 0) clear &= ~flag.attribute;
    constexpr std::uint64_t times = MOUNT_ATTR__ATIME | MOUNT_ATTR_NODIRATIME;
    OCI_TRY(set_some(mount, entry.options.set & ~times, clear & ~times, 0));
    return set_some(mount, entry.options.recursive_set & ~times, 0, AT_RECURSIVE);
}

SysResult<void> change_superblock(const Options& options, FdView mounted) noexcept {
    const UniqueFd filesystem = OCI_TRY(kernel::pick_filesystem(mounted));
    const auto change = [&]() -> SysResult<void> {
        for (const std::string& flag : options.cleared_superblock_flags)
            OCI_TRY(set_superblock_flag(filesystem, flag));
        OCI_TRY(configure(options, filesystem));
        return kernel::reconfigure_filesystem(filesystem);
    };
    const auto changed = change();
    if (!changed) return with_reason(filesystem, changed.error());
    return {};
}

}  // namespace

SysResult<UniqueFd> clone_source(const Entry& entry) noexcept {
    const unsigned flags = (entry.options.recursive_bind ? unsigned{AT_RECURSIVE} : 0U) |
                           (entry.options.no_follow_source ? unsigned{AT_SYMLINK_NOFOLLOW} : 0U);
    return kernel::clone_tree(kernel::here, entry.source.c_str(), flags);
}

SysResult<UniqueFd> make_filesystem(const Entry& entry, std::optional<mode_t> mode) noexcept {
    auto mount = make_filesystem_with(entry, mode, Group::AsGiven);
    const bool lacks_group = !mount && mount.error().code == EINVAL && entry.group_may_lack;
    return lacks_group ? make_filesystem_with(entry, mode, Group::LeftOut) : std::move(mount);
}

SysResult<void> map_owners(const Entry& entry, FdView mount) noexcept {
    if (!entry.id_map) return {};
    const unsigned reach = entry.id_map_is_recursive ? AT_RECURSIVE : 0;
    auto mapped = kernel::set_id_map(mount, entry.user_namespace, reach);
    if (!mapped && mapped.error().code == EINVAL)
        return kernel::refuse(EINVAL, "the file system takes no id map");
    return mapped;
}

SysResult<UniqueFd> open_bind(const Entry& entry) noexcept {
    if (entry.opened && entry.keeps_locks) {
        auto locked = open_locked(entry);
        if (locked) return locked;
    }
    UniqueFd mount = OCI_TRY(entry.opened ? kernel::duplicate(entry.opened) : clone_source(entry));
    if (!entry.opened) OCI_TRY(map_owners(entry, mount));
    OCI_TRY(set_attributes_but_locked(entry, mount));
    return mount;
}

SysResult<UniqueFd> build_filesystem(const Entry& entry,
                                     std::optional<mode_t> inherited_mode) noexcept {
    if (entry.substitute_at_once) return build_substitute(entry);
    if (entry.opened) return take_prepared(entry, inherited_mode);
    auto mount = make_filesystem(entry, inherited_mode);
    const bool is_refused = !mount && (mount.error().code == EPERM || mount.error().code == EBUSY);
    if (!is_refused || entry.substitute.empty()) return mount;
    auto substitute = build_substitute(entry);
    // Where the host has none either, the refusal is what counts.
    return !substitute && substitute.error().code == ENOENT ? std::move(mount)
                                                            : std::move(substitute);
}

SysResult<void> change_filesystem(const Entry& entry, FdView mounted) noexcept {
    const Options& options = entry.options;
    const bool changes = !options.settings.empty() || !options.superblock_flags.empty() ||
                         !options.cleared_superblock_flags.empty();
    return changes ? change_superblock(options, mounted) : SysResult<void>{};
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
