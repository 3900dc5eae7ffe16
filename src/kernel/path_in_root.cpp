// SPDX-License-Identifier: Apache-2.0
#include "kernel/path_in_root.hpp"

#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <cstring>
#include <string_view>

#include "kernel/files.hpp"
#include "kernel/repeated.hpp"

namespace oci::kernel {
namespace {

constexpr int most_tries = 128;    // EAGAIN: somebody renames while ".." is resolved
constexpr int most_symlinks = 40;  // as the kernel's own limit

using PathBuffer = std::array<char, PATH_MAX>;

SysResult<UniqueFd> open_resolved(FdView directory, const char* path, int flags, mode_t mode,
                                  std::uint64_t resolve) noexcept {
    open_how how{};
    how.flags = static_cast<std::uint64_t>(static_cast<unsigned>(flags | O_CLOEXEC));
    how.mode = mode;
    how.resolve = resolve;
    for (int attempt = 0;; ++attempt) {
        const auto fd = repeated("openat2", [&] {
            return ::syscall(SYS_openat2, directory.get(), path, &how, sizeof how);
        });
        if (fd) return UniqueFd{static_cast<int>(fd.value())};
        if (fd.error().code != EAGAIN || attempt == most_tries) return Failure{fd.error()};
    }
}

SysResult<void> copy_path(PathBuffer& buffer, std::string_view path) noexcept {
    if (path.size() >= buffer.size()) return refuse(ENAMETOOLONG, "open");
    std::memcpy(buffer.data(), path.data(), path.size());
    buffer[path.size()] = '\0';
    return {};
}

/// buffer = directory of buffer[0..end) + "/" + target + rest, or target + rest if absolute.
SysResult<void> follow_by_hand(PathBuffer& buffer, std::size_t name_begin, std::size_t name_end,
                               std::string_view target) noexcept {
    PathBuffer next;
    const std::string_view old{buffer.data()};
    const std::string_view before = target.starts_with('/') ? "" : old.substr(0, name_begin);
    const std::string_view rest = old.substr(name_end);
    if (before.size() + target.size() + rest.size() >= next.size())
        return refuse(ENAMETOOLONG, "open");
    char* end = std::copy(before.begin(), before.end(), next.begin());
    end = std::copy(target.begin(), target.end(), end);
    end = std::copy(rest.begin(), rest.end(), end);
    *end = '\0';
    buffer = next;
    return {};
}

SysResult<void> make_component(FdView parent, const char* name, Kind kind) noexcept {
    if (kind == Kind::Directory) return make_directory(parent, name, 0755);
    OCI_TRY(open_at(parent, name, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, 0644));
    return {};
}

/// Makes the first component of path that is missing. A dangling symlink there
/// is replaced in the text by its target, so that the next round goes on behind it.
SysResult<void> make_first_missing(FdView root, PathBuffer& path, Kind kind, Links links,
                                   int& symlinks) noexcept {
    UniqueFd parent = OCI_TRY(open_resolved(root, ".", O_PATH | O_DIRECTORY, 0, RESOLVE_IN_ROOT));
    std::size_t begin = 0;
    for (;;) {
        while (path[begin] == '/') ++begin;
        if (path[begin] == '\0') return {};
        std::size_t end = begin;
        while (path[end] != '/' && path[end] != '\0') ++end;
        std::size_t next = end;
        while (path[next] == '/') ++next;
        const bool is_last = path[next] == '\0';
        const char separator = path[end];
        path[end] = '\0';
        auto existing = open_in_root(root, path.data(), O_PATH, links);
        if (existing) {
            path[end] = separator;
            if (is_last) return {};
            parent = std::move(existing).value();
            begin = next;
            continue;
        }
        if (existing.error().code != ENOENT) return Failure{existing.error()};
        const char* name = path.data() + begin;
        const auto made = make_component(parent, name, is_last ? kind : Kind::Directory);
        PathBuffer target;
        SysResult<std::string_view> link = std::string_view{};
        if (!made && made.error().code == EEXIST) link = read_link(parent, name, target);
        path[end] = separator;
        if (made) return {};
        if (made.error().code != EEXIST) return Failure{made.error()};
        if (!link) return {};  // made by somebody else meanwhile: look again
        if (links == Links::Refuse || ++symlinks > most_symlinks) return refuse(ELOOP, "open");
        return follow_by_hand(path, begin, end, link.value());
    }
}

}  // namespace

SysResult<UniqueFd> open_in_root(FdView root, const char* path, int flags, Links links,
                                 mode_t mode) noexcept {
    const std::uint64_t resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS |
                                  (links == Links::Refuse ? RESOLVE_NO_SYMLINKS : 0U);
    return open_resolved(root, path, flags, mode, resolve);
}

SysResult<UniqueFd> open_without_magic(const char* path, int flags) noexcept {
    return open_resolved(FdView{AT_FDCWD}, path, flags, 0, RESOLVE_NO_MAGICLINKS);
}

SysResult<UniqueFd> open_beneath(FdView directory, const char* path, int flags,
                                 mode_t mode) noexcept {
    return open_resolved(
        directory, path, flags, mode,
        RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV);
}

SysResult<UniqueFd> make_in_root(FdView root, const char* path, Kind kind, Links links) noexcept {
    auto existing = open_in_root(root, path, O_PATH, links);
    if (existing || existing.error().code != ENOENT) return existing;
    PathBuffer text;
    OCI_TRY(copy_path(text, path));
    int symlinks = 0;
    for (int round = 0; round < PATH_MAX; ++round) {
        OCI_TRY(make_first_missing(root, text, kind, links, symlinks));
        auto opened = open_in_root(root, text.data(), O_PATH, links);
        if (opened || opened.error().code != ENOENT) return opened;
    }
    return refuse(ENAMETOOLONG, "open");
}

SysResult<Place> place_in_root(FdView root, const char* path, Links links) noexcept {
    const std::string_view whole{path};
    const std::size_t slash = whole.rfind('/');
    const char* name = slash == std::string_view::npos ? path : path + slash + 1;
    PathBuffer parent;
    OCI_TRY(copy_path(parent, slash == std::string_view::npos ? "." : whole.substr(0, slash + 1)));
    UniqueFd directory = OCI_TRY(make_in_root(root, parent.data(), Kind::Directory, links));
    return Place{std::move(directory), name};
}

}  // namespace oci::kernel
