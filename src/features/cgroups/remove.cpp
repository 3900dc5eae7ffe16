// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/remove.hpp"

#include <fcntl.h>

#include <chrono>

#include "base/explain.hpp"
#include "base/log.hpp"
#include "base/path.hpp"
#include "features/cgroups/events.hpp"
#include "features/cgroups/tree.hpp"
#include "kernel/files.hpp"
#include "kernel/path_in_root.hpp"

namespace oci::cgroups {
namespace {

using std::chrono::steady_clock;

/// A cgroup that is gone counts as removed.
kernel::SysResult<void> remove_directory(FdView parent, const std::string& name) noexcept {
    const auto removed = kernel::remove(parent, name.c_str(), AT_REMOVEDIR);
    if (!removed && is_gone(removed.error())) return {};
    return removed;
}

/// What keeps rmdir away: sub-cgroups, which are removed, and processes, which are waited for.
kernel::SysResult<void> clear(FdView cgroup, int milliseconds) {
    const UniqueFd events = OCI_TRY(open_events(cgroup));
    const bool empty = OCI_TRY(wait_for_event(events, &Events::populated, false, milliseconds));
    if (!empty) return kernel::refuse(EBUSY, "rmdir");
    return visit_sub_cgroups(
        cgroup, [](FdView parent, const std::string& name, FdView) -> kernel::SysResult<void> {
            const auto removed = remove_directory(parent, name);
            // Somebody made another cgroup below it: the next round meets it.
            if (!removed && removed.error().code == EBUSY) return {};
            return removed;
        });
}

kernel::SysResult<void> remove_cgroup(FdView parent, const std::string& name) {
    constexpr int most_rounds = 100;
    const auto deadline = steady_clock::now() + std::chrono::milliseconds{patience_milliseconds};
    for (int round = 0;; ++round) {
        const auto removed = remove_directory(parent, name);
        const bool is_busy =
            !removed && (removed.error().code == EBUSY || removed.error().code == ENOTEMPTY);
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now());
        if (!is_busy || round == most_rounds || left.count() <= 0) return removed;
        const auto cgroup = kernel::open_beneath(parent, name.c_str(), O_RDONLY | O_DIRECTORY);
        if (!cgroup && is_gone(cgroup.error())) return {};
        if (!cgroup) return Failure{cgroup.error()};
        const auto cleared = clear(cgroup.value(), static_cast<int>(left.count()));
        if (!cleared && !is_gone(cleared.error())) return cleared;
    }
}

kernel::SysResult<void> remove_leaf(FdView mount_point, const std::string& path) {
    const auto parent = open_cgroup(mount_point, parent_path(path));
    if (!parent && is_gone(parent.error())) return {};
    if (!parent) return Failure{parent.error()};
    return remove_cgroup(parent.value(), std::string{file_name(path)});
}

/// Empty ancestors of ours, upwards. One that is in use ends it.
kernel::SysResult<void> remove_ancestors(FdView mount_point, const Location& location) {
    std::string_view path = location.path;
    for (int left = location.made_ancestors; left > 0; --left) {
        path = parent_path(path);
        if (path == "/") break;
        const auto above = open_cgroup(mount_point, parent_path(path));
        if (!above && is_gone(above.error())) continue;
        if (!above) return Failure{above.error()};
        const auto removed = remove_directory(above.value(), std::string{file_name(path)});
        if (removed) continue;
        if (removed.error().code == EBUSY || removed.error().code == ENOTEMPTY) break;
        return removed;
    }
    return {};
}

Result<void> remove_directories(const Location& location) {
    const auto mount_point = open_mount_point(location);
    if (!mount_point && is_gone(mount_point.error())) return {};
    if (!mount_point)
        return explain(kernel::SysResult<void>{Failure{mount_point.error()}}, "cannot open {}",
                       location.mount_point);
    OCI_TRY(explain(remove_leaf(mount_point.value(), location.path), "cannot remove cgroup {}",
                    display(location)));
    return explain(remove_ancestors(mount_point.value(), location),
                   "cannot remove the cgroups above {}", display(location));
}

}  // namespace

Result<void> remove(const Location& location, systemd::Manager* manager) {
    if (!exists(location)) return {};
    if (location.unit.empty()) return remove_directories(location);
    const auto stopped = systemd::stop(location, manager);
    auto removed = remove_directories(location);
    if (stopped) return removed;
    // A manager that is gone, as the user's is after logout, has ended its units before. One that
    // is there may yet start what it was asked for.
    if (!removed || stopped.error().code != "systemd-unreachable") return Failure{stopped.error()};
    log::warning("{}", stopped.error().message);
    return {};
}

Result<void> remove(const Location& location) { return remove(location, nullptr); }

}  // namespace oci::cgroups
