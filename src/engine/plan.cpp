// SPDX-License-Identifier: Apache-2.0
#include "engine/plan.hpp"

#include <linux/capability.h>

#include <algorithm>
#include <charconv>

#include "base/explain.hpp"
#include "base/json_writer.hpp"
#include "engine/notify_plan.hpp"

namespace oci::engine {
namespace {

constexpr std::size_t pid_room = 10;  // digits of the largest pid, and more

/// CAP_SYS_ADMIN is kept until the filter is loaded, if nothing else allows that.
std::uint64_t needed_for_filter(const ProcessPlan& plan) {
    constexpr std::uint64_t sys_admin = std::uint64_t{1} << CAP_SYS_ADMIN;
    const bool takes_privilege = plan.seccomp.enabled && !plan.privileges.forbid_new;
    return takes_privilege ? sys_admin : 0;
}

/// Where no LSM is asked for, none is looked for.
Result<labels::Plan> plan_labels(const Process& process) {
    const bool apparmor = !process.apparmor_profile.empty() && host::has_apparmor();
    const bool selinux = !process.selinux_label.empty() && host::has_selinux();
    return labels::plan(process, apparmor, selinux);
}

Result<ProcessPlan> plan_process(const Spec& spec, const Process& process, const host::Facts& facts,
                                 const user::Plan& user) {
    ProcessPlan plan;
    if (!process.args.empty()) plan.arguments = OCI_TRY(arguments::plan(process));
    const credentials::Situation situation{
        .has_user_namespace = find_namespace(spec, NamespaceKind::User) != nullptr,
        .may_set_groups = user::may_set_groups(user),
        .keeps_groups = credentials::keeps_original_groups(spec)};
    plan.credentials = OCI_TRY(credentials::plan(process, facts, situation));
    plan.rlimits = OCI_TRY(rlimits::plan(process));
    plan.privileges = OCI_TRY(privileges::plan(process));
    plan.working_directory = OCI_TRY(working_directory::plan(process.cwd));
    plan.labels = OCI_TRY(plan_labels(process));
    plan.seccomp = OCI_TRY(seccomp::plan(spec));
    plan.oom_score_adj = process.oom_score_adj;
    plan.memory_policy = OCI_TRY(memory_policy::plan(spec));
    plan.personality = personality::plan(spec);
    plan.io_priority = io_priority::plan(process);
    plan.scheduler = OCI_TRY(scheduler::plan(process, spec));
    OCI_TRY(scheduler::check_agent(plan.scheduler, plan.seccomp.has_listener()));
    plan.credentials.retained = needed_for_filter(plan);
    return plan;
}

/// systemd's protocol: the descriptors follow, and init of a pid namespace is 1.
Process with_listen_fds(Process process, int listen_fds) {
    if (listen_fds == 0) return process;
    process.env.push_back(fmt::format("LISTEN_FDS={}", listen_fds));
    process.env.emplace_back("LISTEN_PID=1");
    return process;
}

std::string cgroup_directory(const cgroups::Plan& plan) {
    if (plan.location.mount_point.empty()) return {};
    return plan.location.mount_point + plan.location.path;
}

Result<void> plan_overlay(const Spec& spec, const host::Facts& facts, const RootOverlay& overlay,
                          rootfs::Plan& plan) {
    const bool has_own = find_namespace(spec, NamespaceKind::User) != nullptr;
    if (facts.is_host_root() && has_own) return rootfs::set_mapped_overlay(plan, overlay, spec);
    return rootfs::set_overlay(plan, overlay, !facts.in_initial_user_namespace || has_own);
}

}  // namespace

void StateText::set_pid(pid_t pid) noexcept {
    char* const at = json.data() + pid_offset;
    std::fill_n(at, pid_room, ' ');
    std::to_chars(at, at + pid_room, pid);
}

StateText state_text(const State& state) {
    StateText text;
    JsonWriter writer{text.json};
    writer.begin_object();
    writer.member("ociVersion", state.oci_version);
    writer.member("id", state.id);
    writer.member("status", name_of(state.status));
    writer.member("bundle", state.bundle);
    if (!state.annotations.empty()) {
        writer.key("annotations").begin_object();
        for (const auto& [name, value] : state.annotations) writer.member(name, value);
        writer.end_object();
    }
    writer.key("pid");
    text.pid_offset = text.json.size();
    text.json.append(pid_room, ' ');
    text.json += '}';
    text.set_pid(state.pid);
    return text;
}

Result<Plan> make_plan(const Spec& spec, const host::Facts& facts, const Settings& settings,
                       const CreateOptions& options, const State& state) {
    Plan plan;
    plan.bundle = state.bundle;
    plan.namespaces = OCI_TRY(namespaces::plan(spec));
    plan.time = OCI_TRY(timens::plan(spec));
    plan.user = OCI_TRY(user::plan(spec, facts));
    plan.user.keeps_groups = credentials::keeps_original_groups(spec);
    plan.namespaces.keeps_groups = plan.user.keeps_groups;
    plan.uts = OCI_TRY(uts::plan(spec));
    plan.network = OCI_TRY(network::plan(spec));
    plan.net_devices = OCI_TRY(net_devices::plan(spec, facts));
    plan.cgroup = OCI_TRY(cgroups::plan(spec, facts, state.id, settings.cgroup_driver));
    plan.intel_rdt = OCI_TRY(intel_rdt::plan(spec, state.id));
    plan.rootfs = OCI_TRY(rootfs::plan(spec, state.bundle, options.no_pivot));
    if (options.overlay) OCI_TRY(plan_overlay(spec, facts, *options.overlay, plan.rootfs));
    plan.mounts = OCI_TRY(mounts::plan(spec, state.bundle, cgroup_directory(plan.cgroup)));
    OCI_TRY(notify::check(spec, settings, options.notify_socket));
    if (!options.notify_socket.empty())
        plan.mounts.entries.push_back(
            notify::mount_entry(settings, state.id, plan.mounts.entries.size()));
    plan.devices = OCI_TRY(devices::plan(spec));
    plan.masks = OCI_TRY(masks::plan(spec));
    plan.sysctl = OCI_TRY(sysctl::plan(spec));
    plan.hooks = OCI_TRY(hooks::plan(spec));
    Process process = with_listen_fds(spec.process.value_or(Process{}), options.listen_fds);
    if (!options.notify_socket.empty()) process.env.push_back(notify::variable());
    plan.process = OCI_TRY(plan_process(spec, process, facts, plan.user));
    OCI_TRY(scheduler::check_hooks(plan.process.scheduler, spec.hooks));
    plan.process.console = OCI_TRY(console::plan(spec));
    plan.process.keyring = keyring::plan(options.no_new_keyring);
    State at = state;
    at.status = Status::Creating;
    plan.creating = state_text(at);
    at.status = Status::Created;
    plan.created = state_text(at);
    return plan;
}

Result<Plan> make_exec_plan(const Spec& spec, const Process& process, const host::Facts& facts,
                            const ExecOptions& options) {
    Plan plan;
    const Process with_fds = with_listen_fds(process, options.listen_fds);
    plan.process = OCI_TRY(plan_process(spec, with_fds, facts, plan.user));
    plan.process.cpu_affinity = OCI_TRY(cpu_affinity::plan(process.exec_cpu_affinity));
    plan.process.console = console::plan_exec(process);
    plan.process.keyring = keyring::plan(/*no_new_keyring=*/false);
    return plan;
}

}  // namespace oci::engine
