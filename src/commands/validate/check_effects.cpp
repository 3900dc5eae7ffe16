// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <unordered_set>
#include <utility>

#include <fmt/ranges.h>

#include "base/path.hpp"
#include "commands/validate/checks.hpp"
#include "features/process/capabilities.hpp"
#include "features/rootfs/dev_directory.hpp"
#include "features/rootfs/mount_options.hpp"
#include "features/seccomp/filter.hpp"
#include "spec/names.hpp"

namespace oci::commands {
namespace {

using Names = std::unordered_set<std::string_view>;

Names set_of(const std::vector<std::string>& names) { return {names.begin(), names.end()}; }

void check_cgroup_v1(const Subject& subject, Report& report) {
    for (const std::string& pointer : subject.spec.linux_section.resources.ignored)
        report.warning("ignored-on-cgroup-v2", pointer,
                       "has no effect: it exists in cgroup v1 only");
}

void check_mount(const Mount& mount, std::size_t i, Report& report) {
    if (!mount.destination.empty() && !mount.destination.starts_with('/'))
        report.warning(
            "deprecated", fmt::format("/mounts/{}/destination", i),
            fmt::format("\"{0}\" is not absolute, and taken as \"/{0}\"", mount.destination),
            fmt::format("write \"/{}\"", mount.destination));
    const auto options = mounts::parse_options(mount.options, "");
    if (options && rootfs::is_bind(mount) && !options.value().settings.empty())
        report.warning("no-effect", fmt::format("/mounts/{}/options", i),
                       fmt::format("a bind has no options of a file system: \"{}\" is ignored",
                                   options.value().settings[0].key));
}

/// Changes what is mounted, and covers nothing.
bool is_remount(const Mount& mount) {
    const bool names_nothing = mount.type.empty() || mount.type == "none";
    return std::ranges::find(mount.options, "remount") != mount.options.end() ||
           (names_nothing && !rootfs::is_bind(mount));
}

/// From the last to the first, with the places that are mounted on later.
void check_covered(const std::vector<Mount>& mounts, Report& report) {
    std::unordered_set<std::string> later;
    for (std::size_t i = mounts.size(); i-- > 0;) {
        if (mounts[i].destination.empty()) continue;
        const std::string place = clean_path(mounts[i].destination);
        std::string_view above = place;
        while (!later.contains(std::string{above}) && above != "/") above = parent_path(above);
        if (later.contains(std::string{above}))
            report.info("covered", fmt::format("/mounts/{}", i),
                        fmt::format("{} is covered by a later mount at {}", place, above));
        if (!is_remount(mounts[i])) later.insert(place);
    }
}

void check_hooks(const Subject& subject, Report& report) {
    if (!subject.spec.hooks.prestart.empty())
        report.info("deprecated", "/hooks/prestart", "prestart hooks are deprecated",
                    "use createRuntime, createContainer or startContainer");
}

void check_capability_list(const Subject& subject, std::string_view key,
                           const std::vector<std::string>& names, Report& report) {
    const std::vector<std::string> known = capabilities::names_up_to(subject.facts.last_capability);
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto found = std::ranges::find(known, names[i]);
        const std::string pointer = fmt::format("/process/capabilities/{}/{}", key, i);
        if (found == known.end()) {
            const std::string nearest = spec::nearest_name(names[i], {known.begin(), known.end()});
            report.warning("capability-unknown", pointer,
                           fmt::format("\"{}\" is no capability, and left out", names[i]),
                           nearest.empty() ? "" : fmt::format("write \"{}\"", nearest));
            continue;
        }
        const auto bit = std::uint64_t{1} << static_cast<unsigned>(found - known.begin());
        const bool all_are_there = find_namespace(subject.spec, NamespaceKind::User) != nullptr;
        if (!all_are_there && (subject.facts.bounding_capabilities & bit) == 0)
            report.warning(
                "capability-not-grantable", pointer,
                fmt::format("{} is not in the caller's bounding set, and left out", names[i]));
    }
}

void check_capabilities(const Subject& subject, const Process& process, Report& report) {
    constexpr std::size_t most = 4096;  // each is looked up among all
    const Capabilities& sets = process.capabilities;
    const std::array lists{
        std::pair{"bounding", &sets.bounding},   std::pair{"effective", &sets.effective},
        std::pair{"permitted", &sets.permitted}, std::pair{"inheritable", &sets.inheritable},
        std::pair{"ambient", &sets.ambient},
    };
    for (const auto& [key, names] : lists)
        if (names->size() <= most) check_capability_list(subject, key, *names, report);
    const Names permitted = set_of(sets.permitted);
    const Names inheritable = set_of(sets.inheritable);
    for (std::size_t i = 0; i < sets.ambient.size(); ++i)
        if (!permitted.contains(sets.ambient[i]) || !inheritable.contains(sets.ambient[i]))
            report.warning("no-effect", fmt::format("/process/capabilities/ambient/{}", i),
                           fmt::format("{} has to be permitted and inheritable to be ambient",
                                       sets.ambient[i]));
}

void check_process(const Subject& subject, const Process& process, Report& report) {
    const bool has_size = process.console_size.height != 0 || process.console_size.width != 0;
    if (has_size && !process.terminal)
        report.warning("no-effect", "/process/consoleSize",
                       "has no effect: /process/terminal is not true");
    check_capabilities(subject, process, report);
}

void check_limits(const Subject& subject, Report& report) {
    if (subject.spec.linux_section.resources.pids_limit == 0)
        report.info("no-effect", "/linux/resources/pids/limit",
                    "0 is a limit of no process but the first (other runtimes take it as no "
                    "limit)");
}

void check_seccomp(const Subject& subject, Report& report) {
    const auto& section = subject.spec.linux_section.seccomp;
    if (!section || seccomp::compiler().version.empty()) return;
    constexpr std::size_t most_shown = 10;
    for (std::size_t i = 0; i < section->rules.size(); ++i) {
        std::vector<std::string> names = seccomp::unknown_names(section->rules[i].names);
        if (names.empty()) continue;
        const std::size_t count = names.size();
        names.resize(std::min(count, most_shown));
        report.info("system-call-unknown", fmt::format("/linux/seccomp/syscalls/{}/names", i),
                    fmt::format("libseccomp {} does not know, and leaves out: {}{}",
                                seccomp::compiler().version, fmt::join(names, " "),
                                count > most_shown ? " …" : ""));
    }
    const bool asks = std::ranges::find(section->rules, SeccompAction::Notify,
                                        &SeccompRule::action) != section->rules.end();
    if (!asks && !section->listener_path.empty())
        report.warning("no-effect", "/linux/seccomp/listenerPath",
                       "has no effect: no rule has the action SCMP_ACT_NOTIFY");
}

}  // namespace

void check_effects(const Subject& subject, Report& report) {
    check_cgroup_v1(subject, report);
    for (std::size_t i = 0; i < subject.spec.mounts.size(); ++i)
        check_mount(subject.spec.mounts[i], i, report);
    check_covered(subject.spec.mounts, report);
    check_hooks(subject, report);
    check_limits(subject, report);
    check_seccomp(subject, report);
    if (subject.spec.process)
        check_process(subject, *subject.spec.process, report);
    else
        report.info("process-absent", "/process",
                    "there is no process: create works, start will fail");
}

}  // namespace oci::commands
