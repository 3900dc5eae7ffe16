// SPDX-License-Identifier: Apache-2.0
#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/phase.hpp"
#include "commands/container.hpp"
#include "kernel/process.hpp"

namespace oci {
namespace {

/// Every process of the container.
Result<void> signal_everything(const commands::Container& container, int signal) {
    const cgroups::Location location = commands::location_of(container.record.cgroup);
    if (signal == SIGKILL) return cgroups::kill_all(location);
    return cgroups::signal_all(location, signal);
}

Failure<Error> not_running(const ContainerId& id) {
    return with(fail(ErrorKind::WrongStatus, "container not running: {}", id.text()),
                {.phase = "status"});
}

/// SIGKILL of init is the end of all in its pid namespace; nothing else reaches all of them.
Result<void> check_reach(const commands::Container& container, int signal) {
    if (signal == SIGKILL && container.record.own_pid_namespace) return {};
    return with(fail(ErrorKind::Unsupported,
                     "container {} has no cgroup: its processes cannot be told from others",
                     container.record.id),
                {.code = "cgroup-missing",
                 .phase = "signal",
                 .hint = "send the signal to its first process, without --all"});
}

/// A signal for all freezes them for a moment, and thaws: a pause must not come between. Else
/// there is no lock: an engine must be able to kill a container while another of its commands
/// hangs, and the pidfd makes sure that nobody else is hit.
Result<commands::Container> find_to_signal(const Settings& settings, const ContainerId& id,
                                           const KillOptions& options) {
    if (options.all && options.signal != SIGKILL) {
        auto locked = commands::find(settings, id, commands::Locked::Soon);
        if (locked || locked.error().kind != ErrorKind::WrongStatus) return locked;
    }
    return commands::find(settings, id, commands::Locked::No);
}

}  // namespace

Result<void> Runtime::kill(const ContainerId& id, const KillOptions& options) const {
    const commands::Container container = OCI_TRY(find_to_signal(settings_, id, options));
    const bool has_cgroup = !container.record.cgroup.mount_point.empty();
    if (options.all && has_cgroup) {
        return in_phase("signal", signal_everything(container, options.signal));
    }
    const UniqueFd init = OCI_TRY(in_phase("state", container::open_init(container.record.init)));
    if (!init && options.all) return {};  // none is left: engines clean up with it
    if (!init) return not_running(id);
    if (options.all) OCI_TRY(check_reach(container, options.signal));
    // Without a pid namespace of its own, the other processes outlive init.
    if (options.signal == SIGKILL && !container.record.own_pid_namespace && has_cgroup)
        return in_phase("signal",
                        cgroups::kill_all(commands::location_of(container.record.cgroup)));
    const auto sent = kernel::send_signal(init, options.signal);
    if (!sent && sent.error().code == ESRCH) return not_running(id);
    return in_phase("signal", explain(sent, "cannot send signal {} to container {}", options.signal,
                                      id.text()));
}

}  // namespace oci
