// SPDX-License-Identifier: Apache-2.0
//
// mounts in the parent: what needs its rights, or its look at the host.
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/path.hpp"
#include "base/text.hpp"
#include "features/rootfs/mount_build.hpp"
#include "features/rootfs/mounts.hpp"
#include "host/facts.hpp"
#include "kernel/files.hpp"
#include "kernel/mount.hpp"

namespace oci::mounts {
namespace {

using kernel::SysResult;

Result<void> check_label(const Plan& plan) {
    if (plan.has_label && !host::has_selinux())
        return with(
            fail(ErrorKind::Unsupported, "/linux/mountLabel: SELinux is not enabled on this host"),
            {.code = "lsm-missing", .hint = "remove it, or boot with SELinux"});
    return {};
}

Result<void> map_owners_as_parent(const Entry& entry, FdView mount, const std::string& what) {
    const auto mapped = map_owners(entry, mount);
    if (mapped) return {};
    const bool is_denied = mapped.error().code == EPERM;
    const bool is_refused = mapped.error().code == EINVAL;
    if (is_denied)
        return fail(ErrorKind::Unsupported,
                    "/mounts/{}: the owners of {} cannot be mapped: it has an id map already, or "
                    "belongs to an outer user namespace, as for a rootless caller",
                    entry.position, what);
    return explain(mapped, "/mounts/{}: the owners of {} cannot be mapped{}", entry.position, what,
                   is_refused && entry.id_map_is_recursive ? ", or those of a mount below it" : "");
}

/// A mount of the parent, kept off the host's propagation as the container's others are.
SysResult<void> detach_propagation(const Plan& plan, FdView mount) {
    if (plan.propagation == Propagation::Shared) return {};
    const std::uint64_t kind = plan.propagation == Propagation::Private ? MS_PRIVATE : MS_SLAVE;
    return kernel::set_attributes(mount, "", {.propagation = kind}, AT_RECURSIVE);
}

/// Nothing without rights over its own mounts: then it is left to init.
SysResult<UniqueFd> open_as_parent(const Plan& plan, SysResult<UniqueFd> mount) {
    if (!mount && mount.error().code == EPERM) return UniqueFd{};
    if (!mount) return mount;
    OCI_TRY(detach_propagation(plan, mount.value()));
    return mount;
}

/// Whether earlier entries change what is found at a place of the root.
bool is_changed_before(const Plan& plan, const Entry& entry, const std::string& place) {
    return std::ranges::any_of(plan.entries, [&](const Entry& other) {
        const bool is_inside = entry.options.recursive_bind && is_below(other.destination, place);
        return &other < &entry && (is_below(place, other.destination) || is_inside);
    });
}

/// In a user namespace init has no right to map the owners of what is not its own.
Result<void> require_early_source(const Plan& plan, const Entry& entry, const std::string& source) {
    if (plan.joins_mount_namespace)
        return fail(ErrorKind::Unsupported,
                    "/mounts/{}: an id map for a source in a mount namespace that is joined is not "
                    "possible with a user namespace",
                    entry.position);
    const bool is_inside = is_below(source, plan.root_path);
    const std::string place = is_inside ? clean_path(source.substr(plan.root_path.size())) : "";
    if (is_inside && is_changed_before(plan, entry, place))
        return fail(ErrorKind::Unsupported,
                    "/mounts/{}: an id map for a source that an earlier entry mounts is not "
                    "possible with a user namespace",
                    entry.position);
    return {};
}

Result<void> open_source(const Plan& plan, Entry& entry) {
    entry.opened =
        OCI_TRY(explain(open_as_parent(plan, clone_source(entry)),
                        "/mounts/{}/source: cannot open {}", entry.position, entry.source));
    // A copy in init's mount namespace shares nothing with the host's mount.
    entry.keeps_locks = !entry.id_map && plan.propagation != Propagation::Shared;
    if (!entry.id_map) return {};
    if (!entry.opened)
        return fail(ErrorKind::Unsupported,
                    "/mounts/{}: an id map on {} needs privilege, which a rootless caller has not",
                    entry.position, entry.source);
    return map_owners_as_parent(entry, entry.opened, entry.source);
}

Result<void> prepare_bind(const Plan& plan, Entry& entry) {
    const bool is_for_parent = entry.id_map && plan.has_user_namespace;
    const std::string source = clean_path(entry.source);
    if (is_for_parent) OCI_TRY(require_early_source(plan, entry, source));
    // Earlier entries may have to be there first.
    if (!is_for_parent && is_below(source, plan.root_path)) return {};
    const bool follows = !entry.options.no_follow_source && !entry.options.copy_symlink;
    const char* path = entry.source.c_str();
    const auto status =
        follows ? kernel::status_behind(kernel::here, path) : kernel::status_of(kernel::here, path);
    OCI_TRY(with_if(
        ENOENT, explain(status, "/mounts/{}/source: cannot mount {}", entry.position, entry.source),
        {.code = "source-missing", .hint = "nothing is there on the host: make it first"}));
    const bool is_copied = entry.options.copy_symlink && S_ISLNK(status.value().st_mode);
    if (!plan.has_user_namespace || is_copied) return {};
    return open_source(plan, entry);
}

/// A file system of a user namespace cannot be mapped by that same one, and host ids
/// mean nothing in it: with an id map it belongs to the parent's.
Result<void> prepare_filesystem(const Plan& plan, Entry& entry) {
    if (!plan.has_user_namespace || !entry.id_map) return {};
    entry.opened = OCI_TRY(explain(make_filesystem(entry, std::nullopt),
                                   "/mounts/{}: cannot make a {} whose owners are mapped",
                                   entry.position, entry.type));
    return map_owners_as_parent(entry, entry.opened, "a new " + entry.type);
}

Result<void> prepare_id_map_of(Plan& plan, Entry& entry) {
    if (!entry.id_map) return {};
    IdMap& map = plan.id_maps[*entry.id_map];
    if (!map.user_namespace) OCI_TRY(explain(prepare_id_map(map), "/mounts/{}", entry.position));
    entry.user_namespace = map.user_namespace;
    return {};
}

bool has_numbered_group(const Entry& entry) {
    return std::ranges::any_of(entry.options.settings, [](const Setting& one) {
        return one.key == "gid" && parse_number<std::uint32_t>(one.value);
    });
}

}  // namespace

Result<void> prepare(Plan& plan) {
    OCI_TRY(check_label(plan));
    const bool is_initial = host::is_in_initial_user_namespace();
    const bool has_id_map = plan.has_user_namespace || !is_initial;
    const bool is_host_root = is_initial && ::geteuid() == 0;
    for (Entry& entry : plan.entries) {
        entry.yields_to_locks = !is_host_root;
        entry.group_may_lack = has_id_map && entry.type == "devpts" && has_numbered_group(entry);
        OCI_TRY(prepare_id_map_of(plan, entry));
        const bool looks_at_source =
            !plan.joins_mount_namespace || (entry.id_map && plan.has_user_namespace);
        if (entry.kind == EntryKind::Bind && looks_at_source) OCI_TRY(prepare_bind(plan, entry));
        if (entry.kind == EntryKind::Filesystem) OCI_TRY(prepare_filesystem(plan, entry));
    }
    return {};
}

void set_cgroup(Plan& plan, const std::string& cgroup_path) {
    for (Entry& entry : plan.entries)
        if (entry.type == "cgroup2") entry.substitute = cgroup_path;
}

Result<void> prepare_cgroup(Plan& plan) {
    if (!plan.has_user_namespace || plan.joins_mount_namespace) return {};
    for (Entry& entry : plan.entries) {
        if (!entry.substitute_at_once) continue;
        auto mount = kernel::clone_tree(kernel::here, entry.substitute.c_str(), AT_RECURSIVE);
        entry.opened =
            OCI_TRY(explain(open_as_parent(plan, std::move(mount)), "/mounts/{}: cannot open {}",
                            entry.position, entry.substitute));
    }
    return {};
}

}  // namespace oci::mounts
