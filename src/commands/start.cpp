// SPDX-License-Identifier: Apache-2.0
#include "commands/start.hpp"

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/phase.hpp"
#include "commands/out_of_memory.hpp"
#include "container/notify_place.hpp"
#include "container/start_gate.hpp"
#include "engine/launch.hpp"
#include "engine/plan.hpp"
#include "features/hooks/hooks.hpp"
#include "features/seccomp/listener.hpp"

namespace oci::commands {
namespace {

Failure<Error> not_startable(const Container& container) {
    const std::string& id = container.record.id;
    switch (container.status) {
        case Status::Stopped:
            return fail(ErrorKind::WrongStatus, "cannot start a container that has stopped: {}",
                        id);
        case Status::Running:
            return fail(ErrorKind::WrongStatus, "cannot start an already running container: {}",
                        id);
        case Status::Paused:
            return fail(ErrorKind::WrongStatus, "cannot start a paused container: {}", id);
        case Status::Creating:
        case Status::Created: break;
    }
    return fail(ErrorKind::WrongStatus, "cannot start container {}: it is {}", id,
                name_of(container.status));
}

/// A failed hook ends the container (runtime.md, lifecycle step 9).
Result<void> run_poststart_hooks(const Container& container) {
    if (container.record.poststart.empty()) return {};
    const auto prepared = hooks::prepare(container.record.poststart);
    const engine::StateText text = engine::state_text(state_of(container.record, Status::Running));
    const auto in_files = [&]() -> Result<void> {
        const hooks::OutputFiles files = OCI_TRY(hooks::open_output(container.record.annotations));
        return hooks::run_in_parent("poststart", prepared, text.json,
                                    {.cwd = container.record.bundle.c_str(), .files = files});
    };
    auto run = in_files();
    if (!run) OCI_TRY(end_processes(container.record.cgroup, container.record.init));
    return run;
}

/// Bound before the program runs: nothing it says is lost.
Result<engine::NotifyProxy> listen_for(const Container& container) {
    const container::Record& record = container.record;
    if (record.notify_socket.empty()) return engine::NotifyProxy{};
    UniqueFd socket = OCI_TRY(explain(container::notify_place::listen(container.directory.fd()),
                                      "cannot make the notify socket of container {}", record.id));
    UniqueFd init = OCI_TRY(container::open_init(record.init));
    return engine::NotifyProxy::begin(std::move(socket), record.notify_socket,
                                      {.pid = record.init.pid, .pidfd = std::move(init)});
}

/// The container is "creating" to its agent, as the specification shows it.
engine::TellAgent tell(seccomp::Agent& agent, const Container& container) {
    return [&](FdView listener) {
        const engine::StateText state =
            engine::state_text(state_of(container.record, Status::Creating));
        const std::string message = seccomp::container_process_state(
            agent.listener(), container.record.init.pid, state.json);
        return in_phase("seccomp agent", agent.tell(message, listener));
    };
}

Result<engine::NotifyProxy> start(Container& container) {
    if (container.status != Status::Created)
        return with(not_startable(container), {.phase = "status"});
    const FdView directory = container.directory.fd();
    const std::string& id = container.record.id;
    // First of all: without its agent a container stays as it is, and may be started later.
    seccomp::Agent agent = OCI_TRY(
        in_phase("seccomp agent",
                 seccomp::Agent::reach({container.record.agent, container.record.agent_metadata})));
    engine::NotifyProxy notify = OCI_TRY(in_phase("notify", listen_for(container)));
    const UniqueFd gate =
        OCI_TRY(in_phase("init", explain(container::start_gate::connect(directory),
                                         "cannot reach init of container {}", id)));
    // The gate goes before init does: were we killed in between, a container that runs
    // would be called created. Init ends if it hears no Go on this connection.
    OCI_TRY(in_phase("state", explain(container::start_gate::remove(directory),
                                      "cannot open the start gate of container {}", id)));
    const auto passed = engine::pass_start_gate(gate, id, tell(agent, container));
    if (!passed)
        return Failure{with_oom_killer(passed.error(), location_of(container.record.cgroup))};
    OCI_TRY(run_poststart_hooks(container));
    return notify;
}

}  // namespace

Result<engine::NotifyProxy> start(const Settings& settings, const ContainerId& id) {
    Container container = OCI_TRY(find(settings, id, Locked::Yes));
    return start(container);
}

}  // namespace oci::commands

namespace oci {

Result<void> Runtime::start(const ContainerId& id) const {
    engine::NotifyProxy notify = OCI_TRY(commands::start(settings_, id));
    notify.wait_until_ready();
    return {};
}

}  // namespace oci
