// SPDX-License-Identifier: Apache-2.0
#include "commands/validate/checks.hpp"
#include "engine/plan.hpp"
#include "spec/json.hpp"

namespace oci::commands {
namespace {

/// One at a time, so that each entry has its say.
void check_mounts(const Subject& subject, Report& report) {
    for (std::size_t i = 0; i < subject.spec.mounts.size(); ++i)
        report.note(mounts::check_entry(subject.spec, i, subject.bundle));
}

void check_joined(namespaces::Plan plan, Report& report) {
    for (namespaces::Join& join : plan.joins) {
        namespaces::Plan single;
        single.joins.push_back(std::move(join));
        report.note(namespaces::prepare(single));
    }
}

void check_sysctls(const Subject& subject, Report& report) {
    Spec single = subject.spec;
    for (const auto& entry : subject.spec.linux_section.sysctl) {
        single.linux_section.sysctl = {entry};
        const auto planned = sysctl::plan(single);
        const auto prepared =
            planned ? sysctl::prepare(planned.value()) : Result<void>{Failure{planned.error()}};
        if (prepared) continue;
        Error error = prepared.error();
        // The room names the section; here it is known which entry it is.
        error.pointer = "/linux/sysctl" + spec::pointer_step(entry.first);
        constexpr std::string_view section = "/linux/sysctl: ";
        if (error.message.starts_with(section)) error.message.erase(0, section.size());
        report.note(error);
    }
}

void check_process(const Subject& subject, const Process& process, Report& report) {
    const bool has_user = find_namespace(subject.spec, NamespaceKind::User) != nullptr;
    const auto users = user::plan(subject.spec, subject.facts);
    const bool may_set_groups = !users || user::may_set_groups(users.value());
    report.note(arguments::plan(process));
    report.note(
        credentials::plan(process, subject.facts,
                          {.has_user_namespace = has_user, .may_set_groups = may_set_groups}));
    report.note(rlimits::plan(process));
    report.note(privileges::plan(process));
    report.note(working_directory::plan(process.cwd));
    report.note(labels::plan(process, host::has_apparmor(), host::has_selinux()));
    const auto scheduled = scheduler::plan(process, subject.spec);
    report.note(scheduled);
    if (!scheduled) return;
    report.note(scheduler::check_hooks(scheduled.value(), subject.spec.hooks));
    const auto filter = seccomp::plan(subject.spec);
    const bool has_listener = filter && filter.value().has_listener();
    report.note(scheduler::check_agent(scheduled.value(), has_listener));
}

std::size_t count_comparisons(const Seccomp& section) {
    std::size_t count = 0;
    for (const SeccompRule& rule : section.rules)
        count += rule.names.size() * rule.arguments.size();
    return count;
}

void check_seccomp(const Subject& subject, Report& report) {
    constexpr std::size_t most_comparisons = 5000;
    auto plan = seccomp::plan(subject.spec);
    report.note(plan);
    if (!plan || !subject.spec.linux_section.seccomp) return;
    // What libseccomp makes of them takes it the longer the more there are before.
    if (count_comparisons(*subject.spec.linux_section.seccomp) > most_comparisons)
        return report.warning("seccomp-too-long", "/linux/seccomp/syscalls",
                              "so many comparisons hardly fit into the 4096 instructions that the "
                              "kernel takes; it was not tried");
    // Whether the agent is there has been said.
    plan.value().listener = {};
    report.note(seccomp::prepare(plan.value(), *subject.spec.linux_section.seccomp, FdView{-1}));
}

}  // namespace

void check_plans(const Subject& subject, Report& report) {
    const Spec& spec = subject.spec;
    auto joined = namespaces::plan(spec);
    report.note(joined);
    if (joined) check_joined(std::move(joined).value(), report);
    report.note(timens::plan(spec));
    report.note(user::plan(spec, subject.facts));
    report.note(uts::plan(spec));
    report.note(network::plan(spec));
    report.note(net_devices::plan(spec, subject.facts));
    report.note(cgroups::plan(spec, subject.facts, "validate", subject.settings.cgroup_driver));
    report.note(intel_rdt::plan(spec, "validate"));
    report.note(rootfs::plan(spec, subject.bundle, /*no_pivot=*/false));
    report.note(devices::plan(spec));
    report.note(masks::plan(spec));
    report.note(hooks::plan(spec));
    report.note(console::plan(spec));
    report.note(memory_policy::plan(spec));
    check_mounts(subject, report);
    check_sysctls(subject, report);
    check_seccomp(subject, report);
    if (spec.process) check_process(subject, *spec.process, report);
}

}  // namespace oci::commands
