// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "commands/container.hpp"
#include "features/cgroups/stats.hpp"

namespace oci {

Result<State> Runtime::state(const ContainerId& id) const {
    const commands::Container container =
        OCI_TRY(commands::find(settings_, id, commands::Locked::No));
    State state = commands::state_of(container.record, container.status);
    state.oom_kills =
        std::max(container::read_oom_kills(container.directory.fd()),
                 cgroups::oom_kills(commands::location_of(container.record.cgroup)).value_or(0));
    return state;
}

}  // namespace oci
