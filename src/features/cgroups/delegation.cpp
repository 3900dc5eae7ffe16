// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/delegation.hpp"

#include <algorithm>

#include "base/explain.hpp"
#include "base/log.hpp"
#include "base/path.hpp"
#include "base/text.hpp"
#include "kernel/files.hpp"
#include "kernel/text_file.hpp"

namespace oci::cgroups {
namespace {

constexpr auto same_group = static_cast<gid_t>(-1);

bool is_writable_cgroup_mount(const Mount& mount) {
    if (mount.type != "cgroup" && mount.type != "cgroup2") return false;
    return clean_path(mount.destination) == "/sys/fs/cgroup" &&
           std::ranges::find(mount.options, "ro") == mount.options.end();
}

/// Without a user namespace ids are the host's; in one without mappings nobody can tell.
std::optional<uid_t> uid_on_host(const Spec& spec, std::uint32_t uid) {
    if (find_namespace(spec, NamespaceKind::User) == nullptr) return uid;
    for (const IdMapping& map : spec.linux_section.uid_mappings)
        if (uid >= map.container_id && uid - map.container_id < map.size)
            return map.host_id + (uid - map.container_id);
    return std::nullopt;
}

std::string delegated_files() {
    auto listed = kernel::read_text(kernel::here, "/sys/kernel/cgroup/delegate", 65536);
    if (listed) return std::move(listed).value();
    return "cgroup.procs\ncgroup.subtree_control\ncgroup.threads\n";
}

}  // namespace

std::optional<uid_t> plan_owner(const Spec& spec) {
    const Namespace* own = find_namespace(spec, NamespaceKind::Cgroup);
    if (own == nullptr || !own->path.empty()) return std::nullopt;
    if (std::ranges::none_of(spec.mounts, is_writable_cgroup_mount)) return std::nullopt;
    return uid_on_host(spec, spec.process ? spec.process->user.uid : 0);
}

Result<void> delegate(FdView cgroup, uid_t owner, std::string_view place) {
    const struct stat before =
        OCI_TRY(explain(kernel::status_of(cgroup), "cannot look at cgroup {}", place));
    if (before.st_uid == owner) return {};
    const std::string files = delegated_files();
    for (const std::string_view name : split(files, '\n')) {
        if (name.empty() || name.find('/') != std::string_view::npos) continue;
        const std::string file{name};
        const auto changed = kernel::change_owner(cgroup, file.c_str(), owner, same_group);
        if (!changed && changed.error().code == ENOENT) continue;
        OCI_TRY(explain(changed, "cannot hand over {}/{} to user {}", place, file, owner));
    }
    return explain(kernel::change_owner(cgroup, "", owner, same_group),
                   "cannot hand over cgroup {} to user {}", place, owner);
}

}  // namespace oci::cgroups
