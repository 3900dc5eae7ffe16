// SPDX-License-Identifier: Apache-2.0
#include "image/store/locked.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <vector>

#include "base/explain.hpp"
#include "image/store/store.hpp"
#include "kernel/durable.hpp"
#include "kernel/file_metadata.hpp"
#include "kernel/files.hpp"
#include "kernel/path_in_root.hpp"
#include "kernel/text_file.hpp"

namespace oci::image {
namespace {

kernel::SysResult<UniqueFd> open_or_make(FdView root, const std::string& path, const Locking& how) {
    const bool makes = how.missing == Missing::Make;
    if (how.of == Of::File)
        return kernel::open_beneath(root, path.c_str(), O_RDWR | (makes ? O_CREAT : 0),
                                    makes ? 0600 : 0);
    if (makes) {
        const auto made = kernel::make_directory(root, path.c_str(), 0700);
        if (!made && made.error().code != EEXIST) return Failure{made.error()};
    }
    return kernel::open_beneath(root, path.c_str(), O_RDONLY | O_DIRECTORY);
}

/// Whoever held it before may have moved it to its place, or removed it.
kernel::SysResult<bool> is_still_at(FdView root, const std::string& path, FdView file) {
    const auto there = kernel::status_of(root, path.c_str());
    if (!there && there.error().code == ENOENT) return false;
    if (!there) return Failure{there.error()};
    const struct stat mine = OCI_TRY(kernel::status_of(file));
    return there.value().st_ino == mine.st_ino && there.value().st_dev == mine.st_dev;
}

/// Removing a directory's own mode 0 is the only way into it for a user who is not root.
kernel::SysResult<UniqueFd> open_to_empty(FdView parent, const std::string& name) {
    auto opened = kernel::open_beneath(parent, name.c_str(), O_RDONLY | O_DIRECTORY);
    if (opened || opened.error().code != EACCES) return opened;
    OCI_TRY(kernel::change_mode(parent, name.c_str(), 0700));
    return kernel::open_beneath(parent, name.c_str(), O_RDONLY | O_DIRECTORY);
}

kernel::SysResult<void> empty_directory(FdView directory);

kernel::SysResult<void> remove_entry(FdView parent, const std::string& name) {
    auto removed = kernel::remove(parent, name.c_str());
    if (removed || removed.error().code == ENOENT) return {};
    if (removed.error().code != EISDIR) return removed;
    {
        const UniqueFd child = OCI_TRY(open_to_empty(parent, name));
        OCI_TRY(empty_directory(child));
    }
    return kernel::remove(parent, name.c_str(), AT_REMOVEDIR);
}

kernel::SysResult<void> empty_directory(FdView directory) {
    const std::vector<std::string> names = OCI_TRY(kernel::read_directory(directory));
    for (const std::string& name : names) {
        auto removed = remove_entry(directory, name);
        if (!removed && removed.error().code == EACCES) {
            OCI_TRY(kernel::change_mode(directory, "", 0700));
            removed = remove_entry(directory, name);
        }
        OCI_TRY(std::move(removed));
    }
    return {};
}

}  // namespace

Result<std::optional<UniqueFd>> lock_at(FdView root, const std::string& path, const Locking& how) {
    for (;;) {
        auto opened = open_or_make(root, path, how);
        if (!opened && opened.error().code == ENOENT && how.missing == Missing::Leave)
            return std::optional<UniqueFd>{};
        UniqueFd file = OCI_TRY(explain(std::move(opened), "cannot open {} of the store", path));
        const auto locked = kernel::lock(file, how.wait == Wait::Yes ? LOCK_EX : LOCK_EX | LOCK_NB);
        if (!locked && locked.error().code == EWOULDBLOCK) return std::optional<UniqueFd>{};
        OCI_TRY(explain(locked, "cannot lock {} of the store", path));
        const bool is_there =
            OCI_TRY(explain(is_still_at(root, path, file), "cannot look at {} of the store", path));
        if (is_there) return std::optional<UniqueFd>{std::move(file)};
    }
}

Result<Temporary> make_temporary(FdView root) {
    static unsigned count = 0;
    for (;;) {
        const std::string path = fmt::format("{}/{}-{}", place::temporary, ::getpid(), ++count);
        auto file = OCI_TRY(lock_at(root, path, {.wait = Wait::No}));
        if (!file) continue;
        // A process of this number that was killed may have left it, with what it wrote.
        OCI_TRY(explain(kernel::set_size(*file, 0), "cannot empty {} of the store", path));
        return Temporary{path, std::move(*file)};
    }
}

Result<void> write_durably(FdView root, const std::string& path, std::string_view text) {
    const Temporary temporary = OCI_TRY(make_temporary(root));
    OCI_TRY(explain(kernel::write_all(temporary.file, text), "cannot write {}", temporary.path));
    OCI_TRY(explain(kernel::synchronize(temporary.file), "cannot write {}", temporary.path));
    return explain(kernel::rename(root, temporary.path.c_str(), path.c_str()),
                   "cannot put {} of the store in its place", path);
}

Result<void> remove_tree(FdView directory, const std::string& name) {
    return explain(remove_entry(directory, name), "cannot remove {} of the store", name);
}

}  // namespace oci::image
