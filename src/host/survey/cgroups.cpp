// SPDX-License-Identifier: Apache-2.0
#include "host/survey/cgroups.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "base/membership.hpp"
#include "base/mountinfo.hpp"
#include "base/text.hpp"
#include "host/files.hpp"
#include "kernel/files.hpp"
#include "kernel/probes.hpp"

namespace oci::host {
namespace {

/// Where oci-rt looks for cgroup v2, the better place first.
constexpr std::string_view mount_points[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};

/// The type of what is mounted at a path last, which is what is seen there; empty: nothing.
std::string_view mounted_at(std::string_view mountinfo, std::string_view path) {
    std::string_view type;
    for (const MountLine& mount : parse_mountinfo(mountinfo))
        if (mount.mount_point == path) type = mount.type;
    return type;
}

CgroupLayout layout_of(const CgroupInfo& cgroup) {
    const bool has_legacy = !cgroup.legacy_controllers.empty();
    if (cgroup.mount_point.empty()) return has_legacy ? CgroupLayout::Legacy : CgroupLayout::None;
    return has_legacy ? CgroupLayout::Hybrid : CgroupLayout::Unified;
}

std::vector<std::string> controllers_of(FdView root, const std::string& directory) {
    return words_of_file(root, directory + "/cgroup.controllers");
}

bool may_divide(FdView root, const std::string& directory) {
    const std::string processes = directory + "/cgroup.procs";
    return kernel::check_access(root, below(directory), W_OK | X_OK) &&
           kernel::check_access(root, below(processes), W_OK);
}

}  // namespace

CgroupInfo cgroups_in(std::string_view mountinfo, std::string_view membership) {
    CgroupInfo cgroup;
    for (const std::string_view path : mount_points)
        if (cgroup.mount_point.empty() && mounted_at(mountinfo, path) == "cgroup2")
            cgroup.mount_point = path;
    cgroup.own = cgroup_in(membership);
    for (const std::string_view name : legacy_controllers_in(membership))
        cgroup.legacy_controllers.emplace_back(name);
    std::ranges::sort(cgroup.legacy_controllers);
    cgroup.layout = layout_of(cgroup);
    return cgroup;
}

CgroupInfo survey_cgroups(FdView root, const UserInfo& user) {
    CgroupInfo cgroup = cgroups_in(text_of_file(root, "/proc/self/mountinfo"),
                                   text_of_file(root, "/proc/self/cgroup"));
    if (cgroup.mount_point.empty()) return cgroup;
    cgroup.controllers = controllers_of(root, cgroup.mount_point);
    // In a cgroup namespace, what is outside of it begins with "/..".
    if (cgroup.own.empty() || cgroup.own.starts_with("/..")) return cgroup;
    const std::string own = cgroup.mount_point + (cgroup.own == "/" ? "" : cgroup.own);
    cgroup.can_make_children = may_divide(root, own);
    cgroup.delegation = own;
    const std::string manager =
        fmt::format("{0}/user.slice/user-{1}.slice/user@{1}.service", cgroup.mount_point, user.uid);
    if (user.uid != 0 && exists(root, manager)) cgroup.delegation = manager;
    cgroup.delegated = controllers_of(root, cgroup.delegation);
    return cgroup;
}

}  // namespace oci::host
