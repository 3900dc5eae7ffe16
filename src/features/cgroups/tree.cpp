// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/tree.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <vector>

#include "features/cgroups/location.hpp"
#include "kernel/files.hpp"
#include "kernel/path_in_root.hpp"
#include "kernel/text_file.hpp"

namespace oci::cgroups {
namespace {

constexpr int to_read = O_RDONLY | O_DIRECTORY;

kernel::SysResult<std::vector<std::string>> sub_directories(FdView directory) {
    std::vector<std::string> found;
    // Two links, "." and the name: no directory inside. Saves looking at some sixty files.
    const struct stat self = OCI_TRY(kernel::status_of(directory));
    if (self.st_nlink == 2) return found;
    const auto names = OCI_TRY(kernel::read_directory(directory));
    for (const std::string& name : names) {
        const auto status = kernel::status_of(directory, name.c_str());
        if (status && S_ISDIR(status.value().st_mode)) found.push_back(name);
    }
    return found;
}

struct Level {
    std::string name;
    std::vector<std::string> pending;
};

/// Children of a cgroup; none if it is gone.
kernel::SysResult<Level> enter_level(FdView directory, std::string name) {
    auto children = sub_directories(directory);
    if (children) return Level{std::move(name), std::move(children).value()};
    if (is_gone(children.error())) return Level{std::move(name), {}};
    return Failure{children.error()};
}

}  // namespace

kernel::SysResult<void> visit_sub_cgroups(FdView top, const Visit& visit) {
    UniqueFd current = OCI_TRY(kernel::open_at(top, ".", to_read));
    std::vector<Level> levels;
    Level first = OCI_TRY(enter_level(current, ""));
    levels.push_back(std::move(first));
    for (;;) {
        if (!levels.back().pending.empty()) {
            std::string name = std::move(levels.back().pending.back());
            levels.back().pending.pop_back();
            auto child = kernel::open_beneath(current, name.c_str(), to_read);
            if (!child && is_gone(child.error())) continue;
            current = OCI_TRY(std::move(child));
            Level level = OCI_TRY(enter_level(current, std::move(name)));
            levels.push_back(std::move(level));
            continue;
        }
        if (levels.size() == 1) return {};
        // Cgroups cannot be moved: ".." is where we came from.
        UniqueFd parent = OCI_TRY(kernel::open_at(current, "..", to_read));
        OCI_TRY(visit(parent, levels.back().name, current));
        current = std::move(parent);
        levels.pop_back();
    }
}

}  // namespace oci::cgroups
