// SPDX-License-Identifier: Apache-2.0
#include "base/explain.hpp"
#include "base/log.hpp"
#include "commands/container.hpp"

namespace oci {
namespace {

/// What a command left that was killed half-way, or whose state file is damaged.
Result<void> clean_up_remains(container::StateDirectory& directory) {
    const auto recovery = container::read_recovery(directory.fd());
    if (recovery)
        OCI_TRY(commands::end_processes(recovery.value().cgroup, recovery.value().init));
    else
        log::debug("delete: container {} made nothing outside its state directory", directory.id());
    return directory.remove();
}

bool may_delete(Status status, bool force) {
    return force || status == Status::Stopped || status == Status::Created;
}

Result<void> remove_known(commands::Container& container) {
    OCI_TRY(commands::end_processes(container.record.cgroup, container.record.init));
    // The hooks of runtime.md step 12: after the container is gone, before delete returns.
    commands::run_poststop_hooks(container.record);
    return container.directory.remove();
}

Result<void> remove_damaged(const Settings& settings, const ContainerId& id) {
    container::StateDirectory directory = OCI_TRY(container::open(settings.root, id, true));
    return clean_up_remains(directory);
}

}  // namespace

Result<void> Runtime::remove(const ContainerId& id, const DeleteOptions& options) const {
    auto found = commands::find(settings_, id, commands::Locked::Yes);
    if (!found && options.force) {
        if (found.error().kind == ErrorKind::NotFound) return {};
        if (found.error().kind == ErrorKind::System) return remove_damaged(settings_, id);
    }
    commands::Container container = OCI_TRY(std::move(found));
    // With the lock held, "creating" means that its creator is dead.
    if (container.status == Status::Creating) {
        if (!options.force)
            return fail(ErrorKind::WrongStatus,
                        "container {} was never completely created; use delete --force", id.text());
        return clean_up_remains(container.directory);
    }
    if (!may_delete(container.status, options.force))
        return fail(ErrorKind::WrongStatus,
                    "cannot delete container {} that is not stopped: {}; use --force to end it",
                    id.text(), name_of(container.status));
    return remove_known(container);
}

}  // namespace oci
