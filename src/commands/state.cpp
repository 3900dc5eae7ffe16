// SPDX-License-Identifier: Apache-2.0
#include "commands/container.hpp"
#include "features/cgroups/stats.hpp"

namespace oci {

Result<State> Runtime::state(const ContainerId& id) const {
    const commands::Container container =
        OCI_TRY(commands::find(settings_, id, commands::Locked::No));
    State state = commands::state_of(container.record, container.status);
    if (container.status == Status::Creating) return state;
    const cgroups::Location location = commands::location_of(container.record.cgroup);
    state.device_filter = cgroups::look_at_device_filter(location);
    state.oom_kills = cgroups::oom_kills(location);
    return state;
}

}  // namespace oci
