// SPDX-License-Identifier: Apache-2.0
#include "commands/validate/container_files.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <string_view>
#include <utility>

#include "base/path.hpp"
#include "kernel/files.hpp"
#include "kernel/path_in_root.hpp"

namespace oci::commands {
namespace {

/// Takes the first component off a path; empty at its end.
std::string take_component(std::string& path) {
    const std::size_t begin = path.find_first_not_of('/');
    if (begin == std::string::npos) {
        path.clear();
        return {};
    }
    const std::size_t end = std::min(path.find('/', begin), path.size());
    std::string component = path.substr(begin, end - begin);
    path.erase(0, end);
    return component;
}

Sight sight_of(mode_t mode) noexcept {
    if (S_ISDIR(mode)) return Sight::Directory;
    return S_ISREG(mode) && (mode & 0111U) != 0 ? Sight::Executable : Sight::NotExecutable;
}

}  // namespace

ContainerFiles::ContainerFiles(const Spec& spec, const std::string& rootfs) {
    const Namespace* mounts = find_namespace(spec, NamespaceKind::Mount);
    if (mounts != nullptr && !mounts->path.empty()) return;
    auto root = kernel::open_at(kernel::here, rootfs.c_str(), O_PATH | O_DIRECTORY);
    if (!root) return;
    root_ = std::move(root).value();
    constexpr std::size_t most = 4096;
    if (spec.mounts.size() > most) {
        root_.reset();
        return;
    }
    for (const Mount& mount : spec.mounts) {
        if (mount.destination.empty()) {
            targets_.push_back(Sight::Unknown);
            continue;
        }
        const std::string place = clean_path(mount.destination);
        const Place behind = resolve(place);
        targets_.push_back(behind.sight);
        mounted_.insert(place);
        // What is missing is made when it is mounted on.
        mounted_.insert(behind.path);
    }
}

Sight ContainerFiles::look(const std::string& path) const { return resolve(path).sight; }

ContainerFiles::Place ContainerFiles::resolve(const std::string& path) const {
    constexpr int most_links = 40;
    Place at{Sight::Directory, "/"};
    std::string rest = path;
    if (!root_ || path.size() > PATH_MAX || mounted_.contains("/")) return {Sight::Unknown, path};
    int links = 0;
    while (true) {
        const std::string component = take_component(rest);
        if (component.empty()) return at;
        if (component == ".") continue;
        if (component == "..") {
            at = {Sight::Directory, std::string{parent_path(at.path)}};
            continue;
        }
        const std::string next = clean_path(at.path + "/" + component);
        if (mounted_.contains(next)) return {Sight::Unknown, clean_path(next + "/" + rest)};
        const auto file = kernel::open_in_root(root_, next.c_str(), O_PATH | O_NOFOLLOW);
        const auto status = file ? kernel::status_of(file.value())
                                 : kernel::SysResult<struct stat>{Failure{file.error()}};
        if (!status) {
            const bool is_missing = status.error().code == ENOENT || status.error().code == ENOTDIR;
            return {is_missing ? Sight::Missing : Sight::Unknown, clean_path(next + "/" + rest)};
        }
        if (!S_ISLNK(status.value().st_mode)) {
            at = {sight_of(status.value().st_mode), next};
            continue;
        }
        std::array<char, PATH_MAX> buffer{};
        const auto target = kernel::read_link(file.value(), "", buffer);
        if (!target || ++links > most_links) return {Sight::Unknown, next};
        if (target.value().starts_with('/')) at = {Sight::Directory, "/"};
        rest = std::string{target.value()} + "/" + rest;
    }
}

}  // namespace oci::commands
