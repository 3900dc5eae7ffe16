// SPDX-License-Identifier: Apache-2.0
#include "features/rootfs/copy_up.hpp"

#include <sys/stat.h>

#include <array>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "kernel/files.hpp"

namespace oci::mounts {
namespace {

using kernel::SysResult;

constexpr int deepest = 64;  // a level needs some 5 KiB of the stack

struct Item {
    FdView from;
    FdView to;
    const char* name;
    struct stat status;
};

SysResult<void> copy_directory(FdView from, FdView to, int depth) noexcept;

/// Ids that have no name in this user namespace cannot be given to a file either.
SysResult<void> copy_owner(const Item& item) noexcept {
    const auto changed =
        kernel::change_owner(item.to, item.name, item.status.st_uid, item.status.st_gid);
    if (changed || changed.error().code == EINVAL || changed.error().code == EPERM) return {};
    return changed;
}

SysResult<void> copy_file(const Item& item) noexcept {
    constexpr std::size_t most_at_once = 1U << 30U;
    const UniqueFd from =
        OCI_TRY(kernel::open_at(item.from, item.name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
    const UniqueFd to = OCI_TRY(
        kernel::open_at(item.to, item.name, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, 0600));
    for (;;) {
        const std::size_t copied = OCI_TRY(kernel::copy_some(from, to, most_at_once));
        if (copied == 0) break;
    }
    OCI_TRY(copy_owner(item));
    return kernel::change_mode(to, "", item.status.st_mode & 07777U);  // chown drops setuid
}

SysResult<void> copy_link(const Item& item) noexcept {
    std::array<char, PATH_MAX> target{};
    OCI_TRY(kernel::read_link(item.from, item.name, target));
    OCI_TRY(kernel::make_symlink(target.data(), item.to, item.name));
    return copy_owner(item);
}

SysResult<void> copy_node(const Item& item) noexcept {
    const auto made =
        kernel::make_node(item.to, item.name, item.status.st_mode, item.status.st_rdev);
    if (!made && made.error().code == EPERM) return {};  // a device, and no right to make one
    OCI_TRY(made);
    return copy_owner(item);
}

SysResult<void> copy_subdirectory(const Item& item, int depth) noexcept {
    constexpr int as_directory = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
    OCI_TRY(kernel::make_directory(item.to, item.name, 0700));
    const UniqueFd to = OCI_TRY(kernel::open_at(item.to, item.name, as_directory));
    const UniqueFd from = OCI_TRY(kernel::open_at(item.from, item.name, as_directory));
    OCI_TRY(copy_directory(from, to, depth + 1));
    OCI_TRY(copy_owner(item));
    return kernel::change_mode(to, "", item.status.st_mode & 07777U);
}

SysResult<void> copy_item(const Item& item, dev_t filesystem, int depth) noexcept {
    if (S_ISDIR(item.status.st_mode))
        return item.status.st_dev == filesystem ? copy_subdirectory(item, depth)
                                                : kernel::make_directory(item.to, item.name, 0755);
    if (S_ISREG(item.status.st_mode)) return copy_file(item);
    if (S_ISLNK(item.status.st_mode)) return copy_link(item);
    return copy_node(item);
}

SysResult<void> copy_directory(FdView from, FdView to, int depth) noexcept {
    // getdents64(2): 8 bytes inode, 8 offset, 2 length of the record, 1 type, then the name.
    constexpr std::size_t length_at = 16;
    constexpr std::size_t name_at = 19;
    if (depth > deepest) return kernel::refuse(ELOOP, "copy directories");
    const struct stat directory = OCI_TRY(kernel::status_of(from));
    std::array<char, 2048> entries{};
    for (;;) {
        const std::size_t size = OCI_TRY(kernel::read_entries(from, entries));
        if (size == 0) return {};
        std::uint16_t length = 0;
        for (std::size_t at = 0; at < size; at += length) {
            std::memcpy(&length, entries.data() + at + length_at, sizeof length);
            const char* name = entries.data() + at + name_at;
            if (std::string_view{name} == "." || std::string_view{name} == "..") continue;
            const struct stat status = OCI_TRY(kernel::status_of(from, name));
            OCI_TRY(copy_item({from, to, name, status}, directory.st_dev, depth));
        }
    }
}

}  // namespace

SysResult<void> copy_up(FdView from, FdView to) noexcept {
    const UniqueFd readable = OCI_TRY(kernel::open_at(from, ".", O_RDONLY | O_DIRECTORY));
    return copy_directory(readable, to, 0);
}

}  // namespace oci::mounts
