// SPDX-License-Identifier: Apache-2.0
#include "commands/validate/checks.hpp"
#include "engine/plan.hpp"

namespace oci::commands {
namespace {

/// One at a time, so that each entry has its say.
void check_mounts(const Subject& subject, Report& report) {
    for (std::size_t i = 0; i < subject.spec.mounts.size(); ++i)
        report.note(mounts::check_entry(subject.spec, i, subject.bundle));
}

void check_sysctls(const Subject& subject, Report& report) {
    Spec single = subject.spec;
    for (const auto& entry : subject.spec.linux_section.sysctl) {
        single.linux_section.sysctl = {entry};
        const auto planned = sysctl::plan(single);
        report.note(planned);
        if (planned) report.note(sysctl::prepare(planned.value()));
    }
}

void check_process(const Subject& subject, const Process& process, Report& report) {
    const bool has_user = find_namespace(subject.spec, NamespaceKind::User) != nullptr;
    report.note(arguments::plan(process));
    report.note(credentials::plan(process, subject.facts,
                                  {.has_user_namespace = has_user, .may_set_groups = true}));
    report.note(rlimits::plan(process));
    report.note(privileges::plan(process));
    report.note(working_directory::plan(process.cwd));
    const bool apparmor = !process.apparmor_profile.empty() && host::has_apparmor();
    const bool selinux = !process.selinux_label.empty() && host::has_selinux();
    report.note(labels::plan(process, apparmor, selinux));
}

void check_seccomp(const Subject& subject, Report& report) {
    auto plan = seccomp::plan(subject.spec);
    report.note(plan);
    if (!plan || !subject.spec.linux_section.seccomp) return;
    report.note(seccomp::prepare(plan.value(), *subject.spec.linux_section.seccomp, FdView{-1}));
}

}  // namespace

void check_plans(const Subject& subject, Report& report) {
    const Spec& spec = subject.spec;
    auto joined = namespaces::plan(spec);
    report.note(joined);
    if (joined) report.note(namespaces::prepare(joined.value()));
    report.note(timens::plan(spec));
    report.note(user::plan(spec, subject.facts));
    report.note(uts::plan(spec));
    report.note(network::plan(spec));
    report.note(cgroups::plan(spec, subject.facts, "validate", subject.settings.cgroup_driver));
    report.note(rootfs::plan(spec, subject.bundle, /*no_pivot=*/false));
    report.note(devices::plan(spec));
    report.note(masks::plan(spec));
    report.note(hooks::plan(spec));
    report.note(console::plan(spec));
    check_mounts(subject, report);
    check_sysctls(subject, report);
    check_seccomp(subject, report);
    if (spec.process) check_process(subject, *spec.process, report);
}

}  // namespace oci::commands
