// SPDX-License-Identifier: Apache-2.0
#include "host/survey/ids.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "base/text.hpp"
#include "host/files.hpp"
#include "kernel/files.hpp"
#include "kernel/probes.hpp"

namespace oci::host {
namespace {

struct Grant {
    std::string_view owner;
    IdRange range;
};

/// "user:100000:65536"
std::optional<Grant> grant_in(std::string_view line) {
    const auto fields = split(trim(line), ':');
    if (fields.size() != 3 || fields[0].empty()) return std::nullopt;
    const auto first = parse_number<std::uint32_t>(fields[1]);
    const auto count = parse_number<std::uint32_t>(fields[2]);
    if (!first || !count || *count == 0) return std::nullopt;
    return Grant{fields[0], {*first, *count}};
}

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

std::vector<IdRange> id_ranges_of(std::string_view text, const UserInfo& user) {
    const std::string number = std::to_string(user.uid);
    std::vector<IdRange> ranges;
    for (const std::string_view line : split(text, '\n'))
        if (const auto grant = grant_in(line))
            if (grant->owner == user.name || grant->owner == number) ranges.push_back(grant->range);
    return ranges;
}

bool is_granted(const std::vector<IdRange>& granted, std::uint32_t first, std::uint32_t count) {
    return std::ranges::any_of(granted, [&](const IdRange& range) {
        return first >= range.first && first - range.first < range.count &&
               count <= range.count - (first - range.first);
    });
}

std::uint32_t first_free_id(std::string_view subuid, std::string_view subgid) {
    // SUB_UID_MIN and SUB_UID_COUNT of login.defs(5).
    constexpr std::uint64_t lowest = 100000;
    constexpr std::uint64_t step = 65536;
    std::uint64_t behind = lowest;
    for (const std::string_view text : {subuid, subgid})
        for (const std::string_view line : split(text, '\n'))
            if (const auto grant = grant_in(line))
                behind = std::max(behind, std::uint64_t{grant->range.first} + grant->range.count);
    const std::uint64_t steps = (behind - lowest + step - 1) / step;
    constexpr std::uint64_t last = 0xffffffffU - step;
    return static_cast<std::uint32_t>(std::min(lowest + steps * step, last));
}

SubordinateIds survey_ids(FdView root, const UserInfo& user) {
    const std::string subuid = text_of_file(root, "/etc/subuid");
    const std::string subgid = text_of_file(root, "/etc/subgid");
    return {.uids = id_ranges_of(subuid, user),
            .gids = id_ranges_of(subgid, user),
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
