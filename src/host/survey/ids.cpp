// SPDX-License-Identifier: Apache-2.0
#include "host/survey/ids.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <optional>
#include <string>

#include "base/subordinate_ids.hpp"
#include "host/files.hpp"
#include "kernel/files.hpp"
#include "kernel/probes.hpp"

namespace oci::host {
namespace {

IdMapHelper look_at_helper(FdView root, const char* name) {
    IdMapHelper helper{.name = name, .path = find_program(root, name)};
    if (helper.path.empty()) return helper;
    const auto status = kernel::status_behind(root, below(helper.path));
    if (!status) return helper;
    const bool is_setuid_root =
        (status.value().st_mode & S_ISUID) != 0 && status.value().st_uid == 0;
    const auto file = kernel::open_at(root, below(helper.path), O_RDONLY);
    const auto has_capability =
        file ? kernel::has_attribute(file.value(), "security.capability") : false;
    helper.privileged = is_setuid_root || (has_capability && has_capability.value());
    return helper;
}

}  // namespace

SubordinateIds survey_ids(FdView root, const UserInfo& user) {
    const std::string subuid = text_of_file(root, "/etc/subuid");
    const std::string subgid = text_of_file(root, "/etc/subgid");
    return {.uids = id_ranges_of(subuid, user.name, user.uid),
            .gids = id_ranges_of(subgid, user.name, user.uid),
            .free_from = first_free_id(subuid, subgid),
            .helpers = {look_at_helper(root, "newuidmap"), look_at_helper(root, "newgidmap")}};
}

UserNamespaceInfo survey_user_namespace_limits(FdView root) {
    UserNamespaceInfo info;
    const auto is_on = [&](const char* path) -> std::optional<bool> {
        const auto number = number_in_file(root, path);
        return number ? std::optional{*number != 0} : std::nullopt;
    };
    info.unprivileged = is_on("/proc/sys/kernel/unprivileged_userns_clone");
    info.restricted_by_apparmor = is_on("/proc/sys/kernel/apparmor_restrict_unprivileged_userns");
    for (const char* kind : {"cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"}) {
        const std::string name = std::string{"max_"} + kind + "_namespaces";
        if (const auto most = number_in_file(root, "/proc/sys/user/" + name))
            info.limits[name] = *most;
    }
    return info;
}

}  // namespace oci::host
