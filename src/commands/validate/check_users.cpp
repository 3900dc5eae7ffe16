// SPDX-License-Identifier: Apache-2.0
//
// Who calls, whom the container's ids stand for, and whether namespaces can be made.
#include <linux/capability.h>

#include <algorithm>
#include <array>

#include "base/shell.hpp"
#include "base/subordinate_ids.hpp"
#include "base/text.hpp"
#include "base/words.hpp"
#include "commands/validate/checks.hpp"
#include "features/namespaces/user.hpp"
#include "features/process/credentials.hpp"
#include "host/files.hpp"
#include "host/survey/findings.hpp"
#include "host/survey/survey.hpp"

namespace oci::commands {
namespace {

/// CAP_SYS_ADMIN among what the caller can use right now.
bool has_system_administration() {
    constexpr std::string_view key = "CapEff:";
    const std::string status = host::text_of_file("/proc/self/status");
    const std::size_t at = status.find(key);
    if (at == std::string::npos) return true;  // nothing is known
    const std::string_view line{status.data() + at + key.size(),
                                std::min(status.find('\n', at), status.size()) - at - key.size()};
    const auto held = parse_number<std::uint64_t>(trim(line), 16);
    return !held || (*held & (std::uint64_t{1} << CAP_SYS_ADMIN)) != 0;
}

void check_privilege(Report& report) {
    if (has_system_administration()) return;
    report.error("privilege-missing", "/linux/namespaces",
                 "without a user namespace a container takes CAP_SYS_ADMIN, which the caller has "
                 "not",
                 "oci-rt spec --rootless --file rootless.json");
}

constexpr std::array limit_names{
    std::pair{NamespaceKind::Cgroup, "max_cgroup_namespaces"},
    std::pair{NamespaceKind::Ipc, "max_ipc_namespaces"},
    std::pair{NamespaceKind::Mount, "max_mnt_namespaces"},
    std::pair{NamespaceKind::Network, "max_net_namespaces"},
    std::pair{NamespaceKind::Pid, "max_pid_namespaces"},
    std::pair{NamespaceKind::Time, "max_time_namespaces"},
    std::pair{NamespaceKind::User, "max_user_namespaces"},
    std::pair{NamespaceKind::Uts, "max_uts_namespaces"},
};

/// Leaves what the container asks for.
void keep_wanted(const Spec& spec, HostInfo& host) {
    for (const auto& [kind, name] : limit_names) {
        const Namespace* entry = find_namespace(spec, kind);
        if (entry == nullptr || !entry->path.empty()) host.user_namespaces.limits.erase(name);
    }
}

bool is_about_ids(std::string_view code) {
    return code == "subordinate-ids-missing" || code.starts_with("id-map-helpers-");
}

/// Ids from a range that starts here, granted to the caller; its own id is.
bool is_granted(const std::vector<IdRange>& granted, const IdMapping& entry, std::uint32_t own) {
    return (entry.size == 1 && entry.host_id == own) ||
           oci::is_granted(granted, entry.host_id, entry.size);
}

/// One side of the map: users or groups.
struct Side {
    const char* key;
    const char* file;
    const char* option;
    const std::vector<IdMapping>& map;
    const std::vector<IdRange>& granted;
    std::uint32_t own;
    bool by_helper;
};

/// True if all of it is the caller's to give.
bool check_grants(const Side& side, const HostInfo& host, Report& report) {
    if (!side.by_helper) return true;
    bool all = true;
    // Other sources than the file are not ours to read.
    const bool is_sure = !host::has_word(host::text_of_file("/etc/nsswitch.conf"), "subid:");
    for (std::size_t i = 0; i < side.map.size(); ++i) {
        const IdMapping& entry = side.map[i];
        if (entry.size == 0 || is_granted(side.granted, entry, side.own)) continue;
        all = false;
        const std::uint64_t last = std::uint64_t{entry.host_id} + entry.size - 1;
        report.add({is_sure ? Severity::Error : Severity::Warning, "ids-not-granted",
                    fmt::format("/linux/{}/{}", side.key, i),
                    fmt::format("{} does not grant the ids {} to {} to user {}", side.file,
                                entry.host_id, last, host.user.name),
                    fmt::format("usermod {} {}-{} {}", side.option, entry.host_id, last,
                                shell_quoted(host.user.name))});
    }
    return all;
}

/// What the survey of the host finds, as far as this container needs it.
void check_host_findings(const HostInfo& host, bool needs_helper, bool all_granted,
                         Report& report) {
    for (Finding& finding : host::findings_about_users(host)) {
        const bool of_ids = is_about_ids(finding.code);
        if (of_ids && !needs_helper) continue;
        if (finding.code == "subordinate-ids-missing" && all_granted) continue;
        finding.pointer = of_ids ? "/linux/uidMappings" : "/linux/namespaces";
        if (finding.severity == Severity::Info && host.user_namespaces.available) continue;
        if (finding.code != "subordinate-ids-missing") finding.severity = Severity::Error;
        report.add(std::move(finding));
    }
}

void check_new_namespaces(const Subject& subject, bool of_users, Report& report) {
    HostInfo host = host::survey_users(of_users ? host::UserNamespaces::Wanted
                                                : host::UserNamespaces::Unwanted);
    keep_wanted(subject.spec, host);
    const auto plan = user::plan(subject.spec, subject.facts);
    bool needs_helper = false;
    bool all_granted = true;
    if (plan) {
        const user::Plan& map = plan.value();
        const SubordinateIds& ids = host.subordinate_ids;
        const Side users{"uidMappings",     "/etc/subuid", "--add-subuids",
                         map.uids,          ids.uids,      subject.facts.effective_user,
                         map.uids_by_helper};
        const Side groups{"gidMappings",     "/etc/subgid", "--add-subgids",
                          map.gids,          ids.gids,      subject.facts.effective_group,
                          map.gids_by_helper};
        needs_helper = map.uids_by_helper || map.gids_by_helper;
        all_granted = check_grants(users, host, report);
        all_granted = check_grants(groups, host, report) && all_granted;
    }
    check_host_findings(host, needs_helper, all_granted, report);
}

/// What the process is must be somebody in its user namespace.
void check_process_ids(const Subject& subject, const Process& process, Report& report) {
    const auto plan = user::plan(subject.spec, subject.facts);
    if (!plan || !plan.value().is_new) return;
    const auto check = [&](const std::string& pointer, std::uint32_t id, bool is_mapped) {
        if (!is_mapped)
            report.error("id-not-mapped", pointer,
                         fmt::format("{} is not mapped in the container's user namespace", id));
    };
    const User& user = process.user;
    check("/process/user/uid", user.uid, user::host_uid(plan.value(), user.uid) >= 0);
    check("/process/user/gid", user.gid, user::host_gid(plan.value(), user.gid) >= 0);
    const bool sets_groups =
        !plan.value().deny_setgroups && !credentials::keeps_original_groups(subject.spec);
    for (std::size_t i = 0; sets_groups && i < user.additional_gids.size(); ++i)
        check(fmt::format("/process/user/additionalGids/{}", i), user.additional_gids[i],
              user::host_gid(plan.value(), user.additional_gids[i]) >= 0);
}

}  // namespace

void check_users(const Subject& subject, Report& report) {
    const Namespace* user = find_namespace(subject.spec, NamespaceKind::User);
    if (user == nullptr) check_privilege(report);
    check_new_namespaces(subject, user != nullptr && user->path.empty(), report);
    if (subject.spec.process) check_process_ids(subject, *subject.spec.process, report);
}

}  // namespace oci::commands
