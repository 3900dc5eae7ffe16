// SPDX-License-Identifier: Apache-2.0
#include <csignal>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/log.hpp"
#include "base/phase.hpp"
#include "commands/container.hpp"
#include "commands/removal.hpp"
#include "engine/interruption.hpp"
#include "kernel/proc_files.hpp"
#include "kernel/process.hpp"

namespace oci {
namespace {

/// Engines kill, and delete at once: who was killed is given a moment to be gone.
Result<void> await_end(commands::Container& container) {
    const UniqueFd init = OCI_TRY(in_phase("state", container::open_init(container.record.init)));
    if (!init) {
        container.status = Status::Stopped;
        return {};
    }
    // Between taking the signal and exiting, a process looks like any other.
    constexpr int blink = 10;
    constexpr int moment = 1000;
    auto ended = kernel::wait_readable(init, blink);
    if (ended && !ended.value()) {
        const auto looked = kernel::process_status(container.record.init.pid);
        if (!looked || !looked.value().is_ending) return {};
        ended = kernel::wait_readable(init, moment);
    }
    if (ended && ended.value()) container.status = Status::Stopped;
    return {};
}

bool may_delete(Status status, bool force) {
    return force || status == Status::Stopped || status == Status::Created;
}

Result<void> remove_damaged(const Settings& settings, const ContainerId& id) {
    container::StateDirectory directory =
        OCI_TRY(in_phase("state", container::open(settings.root, id, container::Locked::Yes)));
    return commands::clean_up_remains(settings, directory);
}

/// `start` may wait for a seccomp agent that never answers: it gives up when init is gone.
void end_what_another_command_waits_for(const Settings& settings, const ContainerId& id) {
    const auto container = commands::find(settings, id, commands::Locked::No);
    if (!container || container.value().status == Status::Creating) return;
    const auto init = container::open_init(container.value().record.init);
    if (!init || !init.value()) return;
    log::debug("delete: container {} is busy, so its first process is ended", id.text());
    (void)kernel::send_signal(init.value(), SIGKILL);  // it may have ended by now
}

Result<commands::Container> find_to_remove(const Settings& settings, const ContainerId& id,
                                           bool force) {
    if (!force) return commands::find(settings, id, commands::Locked::Yes);
    auto found = commands::find(settings, id, commands::Locked::Soon);
    if (found || found.error().kind != ErrorKind::WrongStatus) return found;
    end_what_another_command_waits_for(settings, id);
    return commands::find(settings, id, commands::Locked::Yes);
}

}  // namespace

Result<void> Runtime::remove(const ContainerId& id, const DeleteOptions& options) const {
    const engine::Interruption never_half_removed;
    auto found = find_to_remove(settings_, id, options.force);
    if (!found && options.force) {
        if (found.error().kind == ErrorKind::NotFound) return {};
        if (found.error().kind == ErrorKind::System) return remove_damaged(settings_, id);
    }
    commands::Container container = OCI_TRY(std::move(found));
    // With the lock held, "creating" means that its creator is dead.
    if (container.status == Status::Creating) {
        if (!options.force)
            return with(
                fail(ErrorKind::WrongStatus,
                     "cannot delete container {}: it was never completely created", id.text()),
                {.code = "create-incomplete",
                 .phase = "status",
                 .hint = "use delete --force to clean up"});
        return commands::clean_up_remains(settings_, container.directory);
    }
    if (!may_delete(container.status, options.force)) OCI_TRY(await_end(container));
    if (!may_delete(container.status, options.force))
        return with(
            fail(ErrorKind::WrongStatus, "cannot delete container {} that is not stopped: {}",
                 id.text(), name_of(container.status)),
            {.phase = "status", .hint = "use --force to end it"});
    return commands::remove_known(container);
}

}  // namespace oci
