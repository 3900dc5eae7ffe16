// SPDX-License-Identifier: Apache-2.0
#include "base/explain.hpp"
#include "commands/container.hpp"

namespace oci {
namespace {

Result<cgroups::Location> freezable(const commands::Container& container) {
    const container::CgroupPlace& place = container.record.cgroup;
    if (place.mount_point.empty())
        return fail(ErrorKind::Unsupported, "container {} has no cgroup that could be frozen",
                    container.record.id);
    return commands::location_of(place);
}

Failure<Error> wrong_status(const char* verb, const commands::Container& container) {
    return fail(ErrorKind::WrongStatus, "cannot {} container {}: container not {} (it is {})", verb,
                container.record.id, verb == std::string_view{"pause"} ? "running" : "paused",
                name_of(container.status));
}

}  // namespace

Result<void> Runtime::pause(const ContainerId& id) const {
    const commands::Container container =
        OCI_TRY(commands::find(settings_, id, commands::Locked::Yes));
    if (container.status != Status::Running && container.status != Status::Created)
        return wrong_status("pause", container);
    const cgroups::Location location = OCI_TRY(freezable(container));
    return cgroups::freeze(location);
}

Result<void> Runtime::resume(const ContainerId& id) const {
    const commands::Container container =
        OCI_TRY(commands::find(settings_, id, commands::Locked::Yes));
    if (container.status != Status::Paused) return wrong_status("resume", container);
    const cgroups::Location location = OCI_TRY(freezable(container));
    return cgroups::thaw(location);
}

}  // namespace oci
