// SPDX-License-Identifier: Apache-2.0
#include "image/program/copy_tree.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <climits>
#include <string>
#include <vector>

#include "base/explain.hpp"
#include "base/text.hpp"
#include "kernel/file_metadata.hpp"
#include "kernel/files.hpp"
#include "kernel/text_file.hpp"

namespace oci::image::program {
namespace {

using kernel::SysResult;

constexpr int deepest = 256;
constexpr std::size_t largest_attribute = std::size_t{64} << 10U;

/// What the file system or the caller may not have is left out, as unpacking does.
void copy_attributes(FdView from, FdView to) {
    std::string names(largest_attribute, '\0');
    const auto listed = kernel::list_attributes(from, names);
    if (!listed) return;
    std::string buffer(largest_attribute, '\0');
    for (const std::string_view name : split(listed.value(), '\0')) {
        const bool is_kept = name == "security.capability" || name.starts_with("user.") ||
                             name.starts_with("system.posix_acl_");
        if (!is_kept || name.starts_with("user.overlay.")) continue;
        const std::string text{name};
        const auto value = kernel::get_attribute(from, text.c_str(), buffer);
        if (value) (void)kernel::set_attribute(to, text.c_str(), value.value());
    }
}

/// chown(2) takes away setuid and capabilities: the order matters.
SysResult<void> copy_metadata(FdView from, FdView to, const struct stat& status) {
    OCI_TRY(kernel::change_owner(to, "", status.st_uid, status.st_gid));
    OCI_TRY(kernel::change_mode(to, "", status.st_mode & 07777U));
    copy_attributes(from, to);
    return kernel::set_times(to, "", {status.st_atim, status.st_mtim});
}

SysResult<void> copy_file(FdView from, FdView to, const std::string& name,
                          const struct stat& status) {
    constexpr std::size_t most_at_once = 1U << 30U;
    const UniqueFd source =
        OCI_TRY(kernel::open_at(from, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
    const UniqueFd target =
        OCI_TRY(kernel::open_at(to, name.c_str(), O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, 0600));
    for (;;) {
        const std::size_t copied = OCI_TRY(kernel::copy_some(source, target, most_at_once));
        if (copied == 0) break;
    }
    return copy_metadata(source, target, status);
}

SysResult<void> copy_link(FdView from, FdView to, const std::string& name,
                          const struct stat& status) {
    std::array<char, PATH_MAX> buffer{};
    const std::string_view read = OCI_TRY(kernel::read_link(from, name.c_str(), buffer));
    const std::string target{read};
    OCI_TRY(kernel::make_symlink(target.c_str(), to, name.c_str()));
    return kernel::change_owner(to, name.c_str(), status.st_uid, status.st_gid);
}

SysResult<void> copy_content(FdView from, FdView to, int depth);

SysResult<void> copy_entry(FdView from, FdView to, const std::string& name, int depth) {
    const struct stat status = OCI_TRY(kernel::status_of(from, name.c_str()));
    if (S_ISREG(status.st_mode)) return copy_file(from, to, name, status);
    if (S_ISLNK(status.st_mode)) return copy_link(from, to, name, status);
    if (!S_ISDIR(status.st_mode)) return {};
    constexpr int as_directory = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
    OCI_TRY(kernel::make_directory(to, name.c_str(), 0700));
    const UniqueFd source = OCI_TRY(kernel::open_at(from, name.c_str(), as_directory));
    const UniqueFd target = OCI_TRY(kernel::open_at(to, name.c_str(), as_directory));
    OCI_TRY(copy_content(source, target, depth + 1));
    return copy_metadata(source, target, status);
}

SysResult<void> copy_content(FdView from, FdView to, int depth) {
    if (depth > deepest) return kernel::refuse(ELOOP, "copy directories");
    const std::vector<std::string> names = OCI_TRY(kernel::read_directory(from));
    for (const std::string& name : names) OCI_TRY(copy_entry(from, to, name, depth));
    return {};
}

SysResult<void> copy_all(FdView from, FdView to) {
    const struct stat status = OCI_TRY(kernel::status_of(from));
    OCI_TRY(copy_content(from, to, 0));
    return copy_metadata(from, to, status);
}

}  // namespace

Result<void> copy_tree(FdView from, FdView to) {
    return explain(copy_all(from, to), "cannot copy what the image has there");
}

}  // namespace oci::image::program
