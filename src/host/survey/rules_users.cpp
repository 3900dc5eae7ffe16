// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "host/survey/mends.hpp"
#include "host/survey/rules.hpp"

namespace oci::host {
namespace {

/// What only users other than root need is no trouble for root.
Severity for_users(const HostInfo& host, Severity severity) {
    return host.user.is_host_root ? Severity::Info : severity;
}

Maybe namespaces_limited(const HostInfo& host) {
    std::string commands;
    for (const auto& [name, most] : host.user_namespaces.limits) {
        constexpr int usual = 28633;  // what the kernel gives a machine of some 7 GB
        if (most == 0)
            commands +=
                fmt::format("{}sysctl -w user.{}={}", commands.empty() ? "" : " && ", name, usual);
    }
    if (commands.empty()) return std::nullopt;
    const auto& limits = host.user_namespaces.limits;
    const bool only_users = std::ranges::all_of(limits, [](const auto& limit) {
        return limit.second != 0 || limit.first == "max_user_namespaces";
    });
    return Finding{only_users ? for_users(host, Severity::Error) : Severity::Error,
                   "namespace-limit-zero", "",
                   only_users ? "user.max_user_namespaces is 0: no user namespace can be made"
                              : "a limit of user.max_*_namespaces is 0: none of them can be made",
                   commands};
}

Maybe unprivileged_namespaces_disabled(const HostInfo& host) {
    if (host.user_namespaces.unprivileged.value_or(true)) return std::nullopt;
    return Finding{for_users(host, Severity::Error), "unprivileged-user-namespaces-disabled", "",
                   "kernel.unprivileged_userns_clone is 0: only root can make user namespaces",
                   "sysctl -w kernel.unprivileged_userns_clone=1"};
}

Maybe restricted_by_apparmor(const HostInfo& host) {
    if (!host.user_namespaces.restricted_by_apparmor.value_or(false)) return std::nullopt;
    const bool works = host.user_namespaces.available;
    return Finding{works ? Severity::Info : for_users(host, Severity::Error),
                   "user-namespaces-restricted-by-apparmor", "",
                   "AppArmor gives user namespaces to root and to programs with a profile that "
                   "says \"userns\" only",
                   "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"};
}

/// Where none of the known reasons explains it.
Maybe user_namespaces_refused(const HostInfo& host) {
    const UserNamespaceInfo& info = host.user_namespaces;
    const auto most = info.limits.find("max_user_namespaces");
    const bool is_explained = (most != info.limits.end() && most->second == 0) ||
                              !info.unprivileged.value_or(true) ||
                              info.restricted_by_apparmor.value_or(false);
    if (info.available || is_explained) return std::nullopt;
    return Finding{host.user.is_host_root ? Severity::Warning : Severity::Error,
                   "user-namespaces-refused", "",
                   fmt::format("no user namespace can be made: {} (in a chroot, and in containers "
                               "that forbid it, that is so)",
                               info.detail),
                   ""};
}

std::uint64_t total(const std::vector<IdRange>& ranges) {
    std::uint64_t sum = 0;
    for (const IdRange& range : ranges) sum += range.count;
    return sum;
}

Maybe subordinate_ids_missing(const HostInfo& host) {
    constexpr std::uint32_t enough = 65536;  // what images use: nobody is 65534
    const SubordinateIds& ids = host.subordinate_ids;
    const bool lacks_uids = total(ids.uids) < enough;
    const bool lacks_gids = total(ids.gids) < enough;
    if (!is_plain_user(host) || (!lacks_uids && !lacks_gids)) return std::nullopt;
    const std::string range = fmt::format("{}-{}", ids.free_from, ids.free_from + (enough - 1));
    const std::string_view files = !lacks_gids   ? "/etc/subuid grants"
                                   : !lacks_uids ? "/etc/subgid grants"
                                                 : "/etc/subuid and /etc/subgid grant";
    return Finding{Severity::Warning, "subordinate-ids-missing", "",
                   fmt::format("{} fewer than {} ids to user {}: its containers can have one user "
                               "only",
                               files, enough, host.user.name),
                   fmt::format("usermod{}{} {}", lacks_uids ? " --add-subuids " + range : "",
                               lacks_gids ? " --add-subgids " + range : "", host.user.name)};
}

Maybe id_map_helpers_missing(const HostInfo& host) {
    std::vector<std::string_view> missing;
    for (const IdMapHelper& helper : host.subordinate_ids.helpers)
        if (helper.path.empty()) missing.push_back(helper.name);
    if (missing.empty()) return std::nullopt;
    return Finding{for_users(host, Severity::Warning), "id-map-helpers-missing", "",
                   fmt::format("{} not found: users other than root can map one id only",
                               fmt::join(missing, " and ")),
                   install_id_map_helpers(host)};
}

Maybe id_map_helpers_unprivileged(const HostInfo& host) {
    std::vector<std::string_view> paths;
    for (const IdMapHelper& helper : host.subordinate_ids.helpers)
        if (!helper.path.empty() && !helper.privileged) paths.push_back(helper.path);
    if (paths.empty()) return std::nullopt;
    return Finding{
        for_users(host, Severity::Warning), "id-map-helpers-unprivileged", "",
        fmt::format("neither setuid root nor with a file capability: {}", fmt::join(paths, ", ")),
        fmt::format("chmod u+s {}", fmt::join(paths, " "))};
}

constexpr std::array<Rule, 7> rules{
    namespaces_limited,          unprivileged_namespaces_disabled, restricted_by_apparmor,
    user_namespaces_refused,     subordinate_ids_missing,          id_map_helpers_missing,
    id_map_helpers_unprivileged,
};

}  // namespace

std::span<const Rule> user_rules() noexcept { return rules; }

}  // namespace oci::host
