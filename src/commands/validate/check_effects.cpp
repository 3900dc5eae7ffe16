// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <utility>

#include "base/path.hpp"
#include "commands/validate/checks.hpp"
#include "features/process/capabilities.hpp"
#include "features/rootfs/dev_directory.hpp"
#include "features/rootfs/mount_options.hpp"

namespace oci::commands {
namespace {

void check_cgroup_v1(const Subject& subject, Report& report) {
    for (const std::string& pointer : subject.spec.linux_section.resources.ignored)
        report.warning("ignored-on-cgroup-v2", pointer,
                       "has no effect: it exists in cgroup v1 only");
}

void check_mounts(const Subject& subject, Report& report) {
    const auto& mounts = subject.spec.mounts;
    for (std::size_t i = 0; i < mounts.size(); ++i) {
        if (!mounts[i].destination.starts_with('/'))
            report.warning("deprecated", fmt::format("/mounts/{}/destination", i),
                           fmt::format("\"{}\" is not absolute, and taken as \"/{}\"",
                                       mounts[i].destination, mounts[i].destination));
        const auto options = mounts::parse_options(mounts[i].options, "");
        if (options && rootfs::is_bind(mounts[i]) && !options.value().settings.empty())
            report.warning("no-effect", fmt::format("/mounts/{}/options", i),
                           fmt::format("a bind has no options of a file system: \"{}\" is ignored",
                                       options.value().settings[0].key));
        const std::string place = clean_path(mounts[i].destination);
        const auto covers = [&](const Mount& later) {
            return is_below(place, clean_path(later.destination));
        };
        const auto next = mounts.begin() + static_cast<std::ptrdiff_t>(i) + 1;
        const auto later = std::find_if(next, mounts.end(), covers);
        const bool is_remount = later != mounts.end() && !rootfs::is_bind(*later) &&
                                (later->type.empty() || later->type == "none");
        if (later != mounts.end() && !is_remount)
            report.info("covered", fmt::format("/mounts/{}", i),
                        fmt::format("{} is covered by /mounts/{}", place, later - mounts.begin()));
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
            report.warning("capability-unknown", pointer,
                           fmt::format("\"{}\" is no capability, and left out", names[i]));
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
    const Capabilities& sets = process.capabilities;
    const std::array lists{
        std::pair{"bounding", &sets.bounding},   std::pair{"effective", &sets.effective},
        std::pair{"permitted", &sets.permitted}, std::pair{"inheritable", &sets.inheritable},
        std::pair{"ambient", &sets.ambient},
    };
    for (const auto& [key, names] : lists) check_capability_list(subject, key, *names, report);
    for (std::size_t i = 0; i < sets.ambient.size(); ++i) {
        const auto has = [&](const std::vector<std::string>& set) {
            return std::ranges::find(set, sets.ambient[i]) != set.end();
        };
        if (!has(sets.permitted) || !has(sets.inheritable))
            report.warning("no-effect", fmt::format("/process/capabilities/ambient/{}", i),
                           fmt::format("{} has to be permitted and inheritable to be ambient",
                                       sets.ambient[i]));
    }
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

}  // namespace

void check_effects(const Subject& subject, Report& report) {
    check_cgroup_v1(subject, report);
    check_mounts(subject, report);
    check_hooks(subject, report);
    check_limits(subject, report);
    if (subject.spec.process)
        check_process(subject, *subject.spec.process, report);
    else
        report.info("process-absent", "/process",
                    "there is no process: create works, start will fail");
}

}  // namespace oci::commands
