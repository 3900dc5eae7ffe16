// SPDX-License-Identifier: Apache-2.0
#include "commands/create.hpp"

#include <unistd.h>

#include "base/explain.hpp"
#include "base/log.hpp"
#include "base/path.hpp"
#include "base/phase.hpp"
#include "base/scope_exit.hpp"
#include "base/time.hpp"
#include "commands/bundle.hpp"
#include "commands/container.hpp"
#include "commands/delivery.hpp"
#include "commands/out_of_memory.hpp"
#include "container/notify_place.hpp"
#include "container/start_gate.hpp"
#include "engine/interruption.hpp"
#include "oci-rt/version.hpp"

namespace oci::commands {
namespace {

State describe(const ContainerId& id, const Bundle& bundle) {
    State state;
    state.oci_version = bundle.spec.oci_version;
    state.id = id.text();
    state.status = Status::Creating;
    state.bundle = bundle.path;
    state.rootfs = clean_path(join_path(bundle.path, bundle.spec.root.path));
    state.created = rfc3339_now();
    state.annotations = bundle.spec.annotations;
    return state;
}

container::Record record_of(const State& state, const Bundle& bundle, const Settings& settings,
                            const container::CgroupPlace& cgroup, const container::RdtPlace& rdt) {
    const Namespace* pid = find_namespace(bundle.spec, NamespaceKind::Pid);
    container::Record record;
    record.oci_version = state.oci_version;
    record.id = state.id;
    record.bundle = state.bundle;
    record.rootfs = state.rootfs;
    record.created = state.created;
    record.owner = ::geteuid();
    record.cgroup = cgroup;
    record.rdt = rdt;
    record.cgroup_driver = settings.cgroup_driver;
    record.own_pid_namespace = pid != nullptr && pid->path.empty();
    record.annotations = state.annotations;
    record.poststart = bundle.spec.hooks.poststart;
    record.poststop = bundle.spec.hooks.poststop;
    return record;
}

/// One container on its way into being; whatever is not kept is undone.
class Creation {
public:
    Creation(const Settings& settings, const CreateOptions& options, const Bundle& bundle,
             const host::Facts& facts, engine::Plan& plan, State state, FdView stop)
        : settings_{settings},
          options_{options},
          bundle_{bundle},
          facts_{facts},
          plan_{plan},
          state_{std::move(state)},
          stop_{stop} {}

    Result<Created> carry_out(container::StateDirectory directory) {
        // What the plan has opened may be all the descriptors there are, and taking back what
        // was made takes some: the plan goes first, whatever follows.
        const ScopeExit before_directory{[this] { plan_ = {}; }};
        OCI_TRY(in_phase("state", container::write_config(directory.fd(), bundle_.config)));
        if (!options_.notify_socket.empty())
            OCI_TRY(in_phase("state", explain(container::notify_place::make(directory.fd()),
                                              "cannot make the directory for NOTIFY_SOCKET")));
        OCI_TRY(in_phase("prepare", engine::prepare(plan_, facts_)));
        OCI_TRY(
            in_phase("seccomp", prepare_filter(settings_, bundle_.spec, plan_.process.seccomp)));
        // From here on there are side effects outside the state directory.
        const cgroups::Location planned =
            OCI_TRY(in_phase("cgroup", cgroups::expect(plan_.cgroup)));
        intel_rdt::Handle rdt =
            OCI_TRY(in_phase("resctrl", prepare_rdt(directory, place_of(planned))));
        rdt_ = rdt.place();
        cgroups::CgroupHandle cgroup = OCI_TRY(in_phase("cgroup", cgroups::prepare(plan_.cgroup)));
        if (!cgroup.location().unit.empty()) OCI_TRY(follow_unit(directory, cgroup, planned));
        const ScopeExit before_cgroup{[this] { plan_ = {}; }};
        UniqueFd gate =
            OCI_TRY(in_phase("state", explain(container::start_gate::make(directory.fd()),
                                              "cannot make the start gate")));
        auto launched = launch(directory, cgroup, std::move(gate));
        if (!launched && hooks_began_) run_poststop_hooks(record_of(cgroup));
        if (!launched) return Failure{with_oom_killer(launched.error(), cgroup.location())};
        engine::Launched alive = std::move(launched).value();
        OCI_TRY(in_phase("cgroup", cgroups::move_below(plan_.cgroup, cgroup, alive.process.pid())));
        OCI_TRY(record(directory, cgroup, alive));
        cgroup.keep();
        rdt.keep();
        alive.net_devices.keep();
        directory.keep();
        state_.status = Status::Created;
        state_.pid = alive.process.pid();
        state_.owner = {};
        return Created{state_, std::move(alive), cgroup.location()};
    }

private:
    container::Record record_of(const cgroups::CgroupHandle& cgroup) const {
        return commands::record_of(state_, bundle_, settings_, place_of(cgroup.location()),
                                   place_of(rdt_));
    }

    /// The note of what is about to be made comes first.
    Result<intel_rdt::Handle> prepare_rdt(const container::StateDirectory& directory,
                                          const container::CgroupPlace& cgroup) {
        const std::string resctrl = OCI_TRY(intel_rdt::find_mount_point(plan_.intel_rdt));
        const intel_rdt::Place planned = OCI_TRY(intel_rdt::expect(plan_.intel_rdt, resctrl));
        OCI_TRY(note(directory, cgroup, planned));
        intel_rdt::Handle rdt = OCI_TRY(intel_rdt::prepare(plan_.intel_rdt, resctrl, planned));
        if (rdt.place().makes_clos != planned.makes_clos)
            OCI_TRY(note(directory, cgroup, rdt.place()));
        return rdt;
    }

    /// What a forced delete has to take back, should we be killed.
    Result<void> note(const container::StateDirectory& directory,
                      const container::CgroupPlace& cgroup, const intel_rdt::Place& rdt,
                      const container::InitProcess& init = {}) const {
        container::Recovery recovery{
            .cgroup = cgroup, .init = init, .rdt = place_of(rdt), .bundle = state_.bundle};
        recovery.init.boot_id = OCI_TRY(container::boot_id());
        return container::write_recovery(directory.fd(), recovery);
    }

    /// systemd has the last word on where a unit's cgroup is.
    Result<void> follow_unit(const container::StateDirectory& directory,
                             const cgroups::CgroupHandle& cgroup,
                             const cgroups::Location& planned) {
        mounts::set_cgroup(plan_.mounts, cgroups::display(cgroup.location()));
        if (cgroup.location().path == planned.path) return {};
        return note(directory, place_of(cgroup.location()), rdt_);
    }

    Result<engine::Launched> launch(const container::StateDirectory& directory,
                                    cgroups::CgroupHandle& cgroup, UniqueFd gate) {
        engine::Answers answers{
            .started = [&](pid_t pid) -> Result<void> {
                cgroup.let_go();
                OCI_TRY(in_phase("cgroup", cgroups::prepare_child(plan_.cgroup, cgroup)));
                OCI_TRY(in_phase("resctrl", intel_rdt::add_process(rdt_, pid)));
                // A process outside a cgroup of its own has to be found again by its pid.
                if (!cgroup.location().mount_point.empty()) return {};
                const container::InitProcess init =
                    OCI_TRY(in_phase("state", container::identify(pid)));
                return in_phase("state", note(directory, {}, rdt_, init));
            },
            .run_hooks = [&](pid_t pid) { return run_runtime_hooks(pid); },
            .tell_agent = {},
            .stop = stop_,
        };
        if (!cgroup.location().unit.empty())
            answers.attach = [&](pid_t pid) { return cgroup.attach(pid); };
        return engine::launch(plan_, facts_, cgroup.directory(), std::move(gate), answers);
    }

    Result<void> run_runtime_hooks(pid_t pid) {
        hooks_began_ = true;
        engine::StateText state = plan_.creating;
        state.set_pid(pid);
        const hooks::Place place{
            .cwd = state_.bundle.c_str(), .files = plan_.hooks.output_files, .stop = stop_};
        OCI_TRY(hooks::run_in_parent("prestart", plan_.hooks.prestart, state.json, place));
        return hooks::run_in_parent("createRuntime", plan_.hooks.create_runtime, state.json, place);
    }

    /// The option, or what users of crun annotate.
    std::string pidfd_socket() const {
        const auto annotated = state_.annotations.find("run.oci.pidfd_receiver");
        if (!options_.pidfd_socket.empty() || annotated == state_.annotations.end())
            return options_.pidfd_socket;
        return annotated->second;
    }

    Result<void> record(const container::StateDirectory& directory,
                        const cgroups::CgroupHandle& cgroup, const engine::Launched& launched) {
        container::Record record = record_of(cgroup);
        record.init = OCI_TRY(in_phase("state", container::identify(launched.process.pid())));
        record.notify_socket = options_.notify_socket;
        record.agent = plan_.process.seccomp.listener.path;
        record.agent_metadata = plan_.process.seccomp.listener.metadata;
        if (launched.terminal) OCI_TRY(send_terminal(options_.console_socket, launched.terminal));
        OCI_TRY(send_pidfd(pidfd_socket(), launched.process.pidfd()));
        OCI_TRY(in_phase("state", container::write_record(directory.fd(), record)));
        return in_phase("deliver", write_pid_file(options_.pid_file, record.init.pid));
    }

    const Settings& settings_;
    const CreateOptions& options_;
    const Bundle& bundle_;
    const host::Facts& facts_;
    engine::Plan& plan_;
    State state_;
    FdView stop_;
    intel_rdt::Place rdt_;
    bool hooks_began_ = false;
};

}  // namespace

Result<inherited_fds::Plan> inherit(const CreateOptions& options) {
    return inherited_fds::prepare(options.preserve_fds, options.listen_fds);
}

Result<Created> create(const Settings& settings, const ContainerId& id,
                       const CreateOptions& options, inherited_fds::Plan inherited,
                       Detached detached, FdView stop) {
    const Bundle bundle = OCI_TRY(in_phase("bundle", read_bundle(options)));
    const bool terminal = bundle.spec.process && bundle.spec.process->terminal;
    OCI_TRY(in_phase("arguments",
                     check_terminal(terminal, detached == Detached::Yes, options.console_socket)));
    const host::Facts facts = host::measure();
    State state = describe(id, bundle);
    engine::Plan plan =
        OCI_TRY(in_phase("plan", engine::make_plan(bundle.spec, facts, settings, options, state)));
    if (bundle.root) rootfs::expect(plan.rootfs, bundle.root->device, bundle.root->inode);
    plan.process.inherited_fds = std::move(inherited);
    container::StateDirectory directory =
        OCI_TRY(in_phase("state", container::reserve(settings.root, id)));
    Creation creation{settings, options, bundle, facts, plan, std::move(state), stop};
    return creation.carry_out(std::move(directory));
}

}  // namespace oci::commands

namespace oci {

Result<State> Runtime::create(const ContainerId& id, const CreateOptions& options) const {
    inherited_fds::Plan inherited = OCI_TRY(in_phase("arguments", commands::inherit(options)));
    const engine::Interruption interruption;
    commands::Created created = OCI_TRY(commands::create(
        settings_, id, options, std::move(inherited), commands::Detached::Yes, interruption.fd()));
    (void)created.launched.process.release();  // init lives on, for the caller's subreaper
    return created.state;
}

}  // namespace oci
