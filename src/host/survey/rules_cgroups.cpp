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

/// Controllers that limit something people want to limit. v1 calls io "blkio".
constexpr std::array<std::string_view, 5> wanted_controllers{"cpu", "cpuset", "io", "memory",
                                                             "pids"};

bool has(const std::vector<std::string>& names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

Maybe cgroup_v2_missing(const HostInfo& host) {
    if (!host.cgroup.mount_point.empty()) return std::nullopt;
    const bool is_legacy = host.cgroup.layout == CgroupLayout::Legacy;
    const std::string hint = !is_legacy ? "mount -t cgroup2 none /sys/fs/cgroup"
                             : host.systemd.running
                                 ? boot_with(host, "systemd.unified_cgroup_hierarchy=1")
                                 : boot_with(host, "cgroup_no_v1=all");
    return Finding{Severity::Error, "cgroup-v2-missing", "",
                   fmt::format("cgroup v2 is not mounted{}: no limits, no pause",
                               is_legacy ? ", only cgroup v1 is" : ""),
                   hint};
}

Maybe cgroup_hybrid(const HostInfo& host) {
    if (host.cgroup.layout != CgroupLayout::Hybrid) return std::nullopt;
    std::vector<std::string_view> held;
    for (const std::string_view name : wanted_controllers)
        if (has(host.cgroup.legacy_controllers, name == "io" ? "blkio" : name))
            held.push_back(name);
    if (held.empty()) return std::nullopt;
    return Finding{Severity::Warning, "cgroup-hybrid", "",
                   fmt::format("cgroup v1 holds {}: a container cannot be limited in them",
                               fmt::join(held, ", ")),
                   boot_with(host, host.systemd.running ? "systemd.unified_cgroup_hierarchy=1"
                                                        : "cgroup_no_v1=all")};
}

Maybe cgroup_read_only(const HostInfo& host) {
    const CgroupInfo& cgroup = host.cgroup;
    if (cgroup.delegation.empty() || cgroup.can_make_children || !host.user.is_host_root)
        return std::nullopt;
    return Finding{Severity::Warning, "cgroup-read-only", "",
                   fmt::format("{} cannot be written to: containers have no cgroup of their own",
                               cgroup.mount_point),
                   fmt::format("mount -o remount,rw {}", cgroup.mount_point)};
}

Maybe user_session_missing(const HostInfo& host) {
    if (!is_plain_user(host) || !host.systemd.running || !host.systemd.user_bus.empty())
        return std::nullopt;
    return Finding{Severity::Warning, "user-session-missing", "",
                   fmt::format("systemd runs no manager for {}: there is nobody to ask for cgroups "
                               "and no /run/user/{}",
                               host.user.name, host.user.uid),
                   fmt::format("loginctl enable-linger {}", host.user.name)};
}

Maybe controllers_not_delegated(const HostInfo& host) {
    const CgroupInfo& cgroup = host.cgroup;
    if (!is_plain_user(host) || !host.systemd.running || cgroup.delegation.empty())
        return std::nullopt;
    std::vector<std::string_view> missing;
    for (const std::string_view name : wanted_controllers)
        if (has(cgroup.controllers, name) && !has(cgroup.delegated, name)) missing.push_back(name);
    if (missing.empty()) return std::nullopt;
    return Finding{Severity::Warning, "controllers-not-delegated", "",
                   fmt::format("{} may not be limited by {}: {} is without them",
                               fmt::join(missing, ", "), host.user.name, cgroup.delegation),
                   "mkdir -p /etc/systemd/system/user@.service.d && printf "
                   "'[Service]\\nDelegate=cpu cpuset io memory pids\\n' > "
                   "/etc/systemd/system/user@.service.d/delegate.conf && systemctl daemon-reload"};
}

Maybe cgroup_not_ours(const HostInfo& host) {
    const CgroupInfo& cgroup = host.cgroup;
    if (host.user.is_host_root || cgroup.delegation.empty() || cgroup.can_make_children)
        return std::nullopt;
    return Finding{Severity::Info, "cgroup-not-delegated", "",
                   fmt::format("{} belongs to somebody else: containers stay in it, without limits",
                               cgroup.mount_point + (cgroup.own == "/" ? "" : cgroup.own)),
                   host.systemd.user_bus.empty()
                       ? ""
                       : "systemd-run --user --scope --property=Delegate=yes oci-rt run …"};
}

constexpr std::array<Rule, 6> rules{
    cgroup_v2_missing,         cgroup_hybrid,   cgroup_read_only, user_session_missing,
    controllers_not_delegated, cgroup_not_ours,
};

}  // namespace

std::span<const Rule> cgroup_rules() noexcept { return rules; }

}  // namespace oci::host
