// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/subtree.hpp"

#include <fcntl.h>

#include <algorithm>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/log.hpp"
#include "base/path.hpp"
#include "base/text.hpp"
#include "kernel/files.hpp"
#include "kernel/path_in_root.hpp"
#include "kernel/text_file.hpp"

namespace oci::cgroups {
namespace {

/// Whether the directory was made; false: it was there.
kernel::SysResult<bool> make_directory(FdView parent, const char* name) noexcept {
    const auto made = kernel::make_directory(parent, name, 0755);
    if (made) return true;
    if (made.error().code == EEXIST) return false;
    return Failure{made.error()};
}

/// Takes back what was made if it cannot be opened, say for want of descriptors.
kernel::SysResult<UniqueFd> open_made(FdView parent, const std::string& name,
                                      bool is_new) noexcept {
    auto opened = kernel::open_beneath(parent, name.c_str(), O_RDONLY | O_DIRECTORY);
    if (!opened && is_new) (void)kernel::remove(parent, name.c_str(), AT_REMOVEDIR);
    return opened;
}

/// The directory at the path, made if missing; how many parts at its end were made.
kernel::SysResult<MadeCgroup> make_ancestors(FdView mount_point, std::string_view path) {
    auto existing = open_cgroup(mount_point, path);
    if (existing) return MadeCgroup{.directory = std::move(existing).value()};
    if (existing.error().code != ENOENT) return Failure{existing.error()};
    MadeCgroup above = OCI_TRY(make_ancestors(mount_point, parent_path(path)));
    const std::string name{file_name(path)};
    const bool made = OCI_TRY(make_directory(above.directory, name.c_str()));
    UniqueFd directory = OCI_TRY(open_made(above.directory, name, made));
    return MadeCgroup{.directory = std::move(directory),
                      .made_ancestors = made ? above.made_ancestors + 1 : 0};
}

kernel::SysResult<MadeCgroup> make_once(FdView mount_point, const std::string& path) {
    MadeCgroup parent = OCI_TRY(make_ancestors(mount_point, parent_path(path)));
    const std::string name{file_name(path)};
    const bool is_new = OCI_TRY(make_directory(parent.directory, name.c_str()));
    UniqueFd leaf = OCI_TRY(open_made(parent.directory, name, is_new));
    return MadeCgroup{std::move(leaf), parent.made_ancestors, is_new};
}

using Names = std::vector<std::string>;

bool contains(const Names& names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

kernel::SysResult<Names> read_names(FdView cgroup, const char* file) {
    const std::string text = OCI_TRY(kernel::read_text(cgroup, file, 4096));
    Names names;
    for (const std::string_view name : split(trim(text), ' '))
        if (!name.empty()) names.emplace_back(name);
    return names;
}

/// The names of controllers without which a write cannot be, each with its first property.
Result<void> require_available(const Writes& writes, const Names& available,
                               std::string_view place) {
    for (const Write& write : writes) {
        if (write.is_default || write.controller.empty()) continue;
        if (contains(available, write.controller)) continue;
        std::string listed;
        for (const std::string& name : available) listed += (listed.empty() ? "" : " ") + name;
        return with(fail(ErrorKind::Unsupported,
                         "{}: the cgroup controller \"{}\" is not available at {} "
                         "(cgroup.controllers has: {})",
                         write.property, write.controller, place, listed.empty() ? "none" : listed),
                    {.code = "controller-missing"});
    }
    return {};
}

std::string hint_for(int code) {
    if (code == EBUSY)
        return "the cgroup has processes of its own, and cgroup v2 limits only what lies below a "
               "cgroup without: move them into a sub-cgroup";
    if (code == EOPNOTSUPP || code == ENOENT)
        return "a threaded cgroup cannot enable every controller";
    if (code == EACCES || code == EPERM)
        return "the cgroup is not delegated to this user; see Delegate= in "
               "systemd.resource-control(5)";
    return "";
}

/// One controller in one cgroup, for all its children.
Result<void> enable(FdView cgroup, const std::string& controller, std::string_view place,
                    const Write* needed_by) {
    const auto written = kernel::write_text(cgroup, "cgroup.subtree_control", "+" + controller);
    if (written) return {};
    if (needed_by == nullptr) {
        log::debug("cannot enable the cgroup controller \"{}\" below {}: {}", controller, place,
                   kernel::errno_text(written.error().code));
        return {};
    }
    const int number = written.error().code;
    return with(
        explain(written, "{}: cannot enable the cgroup controller \"{}\" below {}",
                needed_by->property, controller, place),
        {.code = "controller-refused", .pointer = needed_by->property, .hint = hint_for(number)});
}

enum class Extent : unsigned char { All, Needed };

Result<void> enable_missing(FdView cgroup, const Writes& writes, const std::string& place,
                            Extent extent) {
    const Names available = OCI_TRY(explain(read_names(cgroup, "cgroup.controllers"),
                                            "cannot read {}/cgroup.controllers", place));
    OCI_TRY(require_available(writes, available, place));
    const Names enabled = OCI_TRY(explain(read_names(cgroup, "cgroup.subtree_control"),
                                          "cannot read {}/cgroup.subtree_control", place));
    for (const std::string& controller : available) {
        const Write* const needed_by = first_that_needs(writes, controller);
        if (contains(enabled, controller)) continue;
        if (needed_by == nullptr && extent == Extent::Needed) continue;
        OCI_TRY(enable(cgroup, controller, place, needed_by));
    }
    return {};
}

/// Whether all of these are enabled right above the cgroup: nothing is left to do.
bool has_enabled(FdView parent, const Names& controllers) {
    const auto enabled = read_names(parent, "cgroup.subtree_control");
    return enabled && std::ranges::all_of(controllers, [&](const std::string& controller) {
               return contains(enabled.value(), controller);
           });
}

/// From the root down to the cgroup's parent.
Result<void> enable_on_the_way(FdView mount_point, const Location& location, const Writes& writes,
                               Extent extent) {
    for (std::size_t end = 0; end != std::string::npos;) {
        const std::string path = location.path.substr(0, end);
        const std::string place = location.mount_point + path;
        const UniqueFd cgroup =
            OCI_TRY(explain(open_cgroup(mount_point, path), "cannot open cgroup {}", place));
        OCI_TRY(enable_missing(cgroup, writes, place, extent));
        end = location.path.find('/', end + 1);
    }
    return {};
}

}  // namespace

kernel::SysResult<MadeCgroup> make_cgroup(const Location& location) {
    constexpr int most_tries = 100;
    const UniqueFd mount_point = OCI_TRY(open_mount_point(location));
    for (int attempt = 1;; ++attempt) {
        auto made = make_once(mount_point, location.path);
        if (made || !is_gone(made.error()) || attempt == most_tries) return made;
    }
}

Result<void> enable_controllers(const Location& location, const Writes& writes) {
    const UniqueFd mount_point =
        OCI_TRY(explain(open_mount_point(location), "cannot open {}", location.mount_point));
    const Names available =
        OCI_TRY(explain(read_names(mount_point, "cgroup.controllers"),
                        "cannot read {}/cgroup.controllers", location.mount_point));
    OCI_TRY(require_available(writes, available, location.mount_point));
    const auto parent = open_cgroup(mount_point, parent_path(location.path));
    if (parent && has_enabled(parent.value(), available)) return {};
    return enable_on_the_way(mount_point, location, writes, Extent::All);
}

Result<void> enable_needed_controllers(const Location& location, const Writes& writes) {
    const UniqueFd mount_point =
        OCI_TRY(explain(open_mount_point(location), "cannot open {}", location.mount_point));
    const UniqueFd cgroup = OCI_TRY(explain(open_cgroup(mount_point, location.path),
                                            "cannot open cgroup {}", display(location)));
    const Names there = OCI_TRY(explain(read_names(cgroup, "cgroup.controllers"),
                                        "cannot read {}/cgroup.controllers", display(location)));
    if (require_available(writes, there, "")) return {};
    return enable_on_the_way(mount_point, location, writes, Extent::Needed);
}

}  // namespace oci::cgroups
