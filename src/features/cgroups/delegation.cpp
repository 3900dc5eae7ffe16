// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/delegation.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/log.hpp"
#include "base/path.hpp"
#include "base/text.hpp"
#include "features/cgroups/cgroups.hpp"
#include "kernel/files.hpp"
#include "kernel/path_in_root.hpp"
#include "kernel/text_file.hpp"

namespace oci::cgroups {
namespace {

constexpr auto same_group = static_cast<gid_t>(-1);
constexpr const char* sub_cgroup_key = "run.oci.delegate-cgroup";
constexpr const char* sub_cgroup_pointer = "/annotations/run.oci.delegate-cgroup";

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

kernel::SysResult<UniqueFd> make_below(FdView parent, const std::string& name) noexcept {
    const auto made = kernel::make_directory(parent, name.c_str(), 0755);
    if (!made && made.error().code != EEXIST) return Failure{made.error()};
    return kernel::open_beneath(parent, name.c_str(), O_RDONLY | O_DIRECTORY);
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

Result<std::string> plan_sub_cgroup(const Spec& spec) {
    const auto annotated = spec.annotations.find(sub_cgroup_key);
    if (annotated == spec.annotations.end()) return std::string{};
    std::string path =
        OCI_TRY(with(parse_sub_cgroup(annotated->second), {.pointer = sub_cgroup_pointer}));
    if (path == ".")
        return with(
            fail(ErrorKind::InvalidConfig, "{}: \"{}\" names no cgroup below the container's",
                 sub_cgroup_pointer, annotated->second),
            {.pointer = sub_cgroup_pointer});
    return path;
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

Result<void> move_below(const Plan& plan, const CgroupHandle& cgroup, pid_t init) {
    if (plan.sub_cgroup.empty()) return {};
    if (cgroup.directory().get() < 0)
        return with(fail(ErrorKind::Unsupported, "{}: the container has no cgroup of its own",
                         sub_cgroup_pointer),
                    {.pointer = sub_cgroup_pointer});
    UniqueFd below =
        OCI_TRY(explain(kernel::open_at(cgroup.directory(), ".", O_RDONLY | O_DIRECTORY),
                        "cannot open cgroup {}", display(cgroup.location())));
    std::string place = display(cgroup.location());
    for (const std::string_view name : split(plan.sub_cgroup, '/')) {
        place += fmt::format("/{}", name);
        below = OCI_TRY(with(explain(make_below(below, std::string{name}),
                                     "{}: cannot make cgroup {}", sub_cgroup_pointer, place),
                             {.pointer = sub_cgroup_pointer}));
        if (plan.owner) OCI_TRY(delegate(below, *plan.owner, place));
    }
    return explain(kernel::write_text(below, "cgroup.procs", std::to_string(init)),
                   "cannot move process {} to cgroup {}", init, place);
}

bool is_put_below(const std::map<std::string, std::string>& annotations) {
    return annotations.contains(sub_cgroup_key);
}

}  // namespace oci::cgroups
