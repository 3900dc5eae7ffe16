// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/log.hpp"
#include "base/phase.hpp"
#include "commands/container.hpp"
#include "commands/monitored/traces.hpp"

namespace oci {

Result<std::vector<State>> Runtime::list() const {
    const std::vector<ContainerId> ids = OCI_TRY(in_phase("state", container::ids(settings_.root)));
    std::vector<State> states;
    for (const ContainerId& id : ids) {
        auto found = commands::find(settings_, id, commands::Locked::No);
        // Engines keep the directories of other runtimes below the same root.
        if (!found) {
            log::debug("list: skipping {}: {}", id.text(), found.error().message);
            continue;
        }
        states.push_back(commands::state_of(found.value().record, found.value().status));
        commands::add_traces(states.back(), found.value().directory.fd());
    }
    std::ranges::sort(states, {}, &State::id);
    return states;
}

}  // namespace oci
