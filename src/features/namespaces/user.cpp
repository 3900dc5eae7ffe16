// SPDX-License-Identifier: Apache-2.0
#include "features/namespaces/user.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <string_view>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/id_map_text.hpp"
#include "base/text.hpp"
#include "features/namespaces/id_map_helper.hpp"
#include "kernel/credentials.hpp"
#include "kernel/files.hpp"
#include "kernel/text_file.hpp"

namespace oci::user {
namespace {

/// The kernel's limit for a map.
constexpr std::size_t most_entries = 340;
/// The id ~0 does not exist: it says "unchanged".
constexpr std::uint64_t end_of_ids = 0xFFFFFFFFU;

bool do_overlap(std::uint32_t a, std::uint32_t a_size, std::uint32_t b, std::uint32_t b_size) {
    return std::uint64_t{a} < std::uint64_t{b} + b_size &&
           std::uint64_t{b} < std::uint64_t{a} + a_size;
}

Result<void> check_map(std::string_view name, const std::vector<IdMapping>& map) {
    if (map.empty())
        return fail(ErrorKind::InvalidConfig, "/linux/{}: a new user namespace needs a mapping",
                    name);
    if (map.size() > most_entries)
        return fail(ErrorKind::InvalidConfig, "/linux/{}: {} entries, the kernel takes {}", name,
                    map.size(), most_entries);
    if (!fits_id_map(map))
        return fail(
            ErrorKind::InvalidConfig,
            "/linux/{}: {} entries are more text than a page, which is all the kernel takes", name,
            map.size());
    for (std::size_t i = 0; i < map.size(); ++i) {
        const IdMapping& entry = map[i];
        if (entry.size == 0)
            return fail(ErrorKind::InvalidConfig, "/linux/{}/{}/size: must not be 0", name, i);
        if (std::uint64_t{entry.container_id} + entry.size > end_of_ids ||
            std::uint64_t{entry.host_id} + entry.size > end_of_ids)
            return fail(ErrorKind::InvalidConfig, "/linux/{}/{}: reaches beyond the last id", name,
                        i);
        for (std::size_t j = 0; j < i; ++j)
            if (do_overlap(entry.container_id, entry.size, map[j].container_id, map[j].size) ||
                do_overlap(entry.host_id, entry.size, map[j].host_id, map[j].size))
                return fail(ErrorKind::InvalidConfig, "/linux/{}/{}: overlaps entry {}", name, i,
                            j);
    }
    return {};
}

bool maps_only(const std::vector<IdMapping>& map, std::uint32_t id) {
    return map.size() == 1 && map[0].host_id == id && map[0].size == 1;
}

/// What the map makes of an id; -1 if nothing.
std::int64_t host_id(const std::vector<IdMapping>& map, std::uint32_t id) noexcept {
    for (const IdMapping& entry : map)
        if (id >= entry.container_id && id - entry.container_id < entry.size)
            return std::int64_t{entry.host_id} + (id - entry.container_id);
    return -1;
}

Result<void> write(pid_t pid, std::string_view file, std::string_view text) {
    const std::string path = fmt::format("/proc/{}/{}", pid, file);
    return with_if(EPERM,
                   explain(kernel::write_text(kernel::here, path.c_str(), text),
                           "cannot write {} of the new user namespace", file),
                   {.code = "id-map-refused",
                    .pointer = file == "gid_map" ? "/linux/gidMappings" : "/linux/uidMappings",
                    .hint = "a caller may map the ids of its own user namespace only, and without "
                            "CAP_SETUID and CAP_SETGID no other than its own"});
}

Result<void> write_map(pid_t pid, std::string_view file, const std::vector<IdMapping>& map) {
    return write(pid, file, id_map_text(map));
}

}  // namespace

Result<Plan> plan(const Spec& spec, const host::Facts& facts) {
    const Namespace* const entry = find_namespace(spec, NamespaceKind::User);
    const Linux& section = spec.linux_section;
    if (entry == nullptr && !(section.uid_mappings.empty() && section.gid_mappings.empty()))
        return with(fail(ErrorKind::InvalidConfig, "/linux/{}: needs a user namespace",
                         section.uid_mappings.empty() ? "gidMappings" : "uidMappings"),
                    {.hint = "add {\"type\": \"user\"} to /linux/namespaces"});
    if (entry == nullptr || !entry->path.empty()) return Plan{};
    OCI_TRY(check_map("uidMappings", section.uid_mappings));
    OCI_TRY(check_map("gidMappings", section.gid_mappings));
    Plan plan;
    plan.is_new = true;
    plan.uids = section.uid_mappings;
    plan.gids = section.gid_mappings;
    if (facts.effective_user == 0) return plan;
    plan.uids_by_helper = !maps_only(plan.uids, facts.effective_user);
    plan.gids_by_helper = !maps_only(plan.gids, facts.effective_group);
    plan.deny_setgroups = !plan.gids_by_helper;
    return plan;
}

Result<void> prepare_child(const Plan& plan, pid_t pid) {
    using id_map_helper::Ids;
    if (!plan.is_new) return {};
    if (plan.deny_setgroups) {
        OCI_TRY(write(pid, "setgroups", "deny"));
    }
    const Result<void> groups = plan.gids_by_helper
                                    ? id_map_helper::write_map(Ids::Groups, pid, plan.gids)
                                    : write_map(pid, "gid_map", plan.gids);
    OCI_TRY(groups);
    return plan.uids_by_helper ? id_map_helper::write_map(Ids::Users, pid, plan.uids)
                               : write_map(pid, "uid_map", plan.uids);
}

kernel::SysResult<void> become_root(const Plan& plan, Progress& progress) noexcept {
    if (!plan.is_new) return {};
    progress.subject = "groups of the user namespace";
    if (!plan.deny_setgroups && !plan.keeps_groups) {
        const auto set = kernel::set_supplementary_groups({});
        // EPERM: an outer user namespace already denies it to all inside.
        if (!set && set.error().code != EPERM) return set;
    }
    progress.subject = "group 0 of the user namespace";
    if (host_id(plan.gids, 0) >= 0) {
        OCI_TRY(kernel::set_group(0));
    }
    progress.subject = "user 0 of the user namespace";
    if (host_id(plan.uids, 0) >= 0) {
        OCI_TRY(kernel::set_user(0));
    }
    return {};
}

bool may_set_groups(const Plan& plan) {
    if (plan.deny_setgroups) return false;
    const auto setting = kernel::read_text(kernel::here, "/proc/self/setgroups", 64);
    return !setting || trim(setting.value()) != "deny";
}

std::int64_t host_uid(const Plan& plan, std::uint32_t container_id) noexcept {
    return plan.is_new ? host_id(plan.uids, container_id) : std::int64_t{container_id};
}

std::int64_t host_gid(const Plan& plan, std::uint32_t container_id) noexcept {
    return plan.is_new ? host_id(plan.gids, container_id) : std::int64_t{container_id};
}

}  // namespace oci::user
