// SPDX-License-Identifier: Apache-2.0
#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/phase.hpp"
#include "commands/container.hpp"

namespace oci {
namespace {

Result<cgroups::Location> freezable(const commands::Container& container) {
    const container::CgroupPlace& place = container.record.cgroup;
    if (place.mount_point.empty())
        return with(fail(ErrorKind::Unsupported, "container {} has no cgroup that could be frozen",
                         container.record.id),
                    {.code = "cgroup-missing",
                     .phase = "freezer",
                     .hint = "only create can give it one: see --cgroup-manager"});
    return commands::location_of(place);
}

Failure<Error> wrong_status(const char* verb, const commands::Container& container) {
    const bool is_pause = verb == std::string_view{"pause"};
    return with(
        fail(ErrorKind::WrongStatus, "cannot {} container {}: container not {} (it is {})", verb,
             container.record.id, is_pause ? "running" : "paused", name_of(container.status)),
        {.phase = "status"});
}

}  // namespace

Result<void> Runtime::pause(const ContainerId& id) const {
    const commands::Container container =
        OCI_TRY(commands::find(settings_, id, commands::Locked::Yes));
    if (container.status != Status::Running && container.status != Status::Created)
        return wrong_status("pause", container);
    const cgroups::Location location = OCI_TRY(freezable(container));
    return in_phase("freezer", cgroups::freeze(location));
}

Result<void> Runtime::resume(const ContainerId& id) const {
    const commands::Container container =
        OCI_TRY(commands::find(settings_, id, commands::Locked::Yes));
    if (container.status != Status::Paused) return wrong_status("resume", container);
    const cgroups::Location location = OCI_TRY(freezable(container));
    return in_phase("freezer", cgroups::thaw(location));
}

}  // namespace oci
