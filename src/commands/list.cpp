// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/log.hpp"
#include "base/phase.hpp"
#include "commands/container.hpp"

namespace oci {

Result<std::vector<State>> Runtime::list() const {
    const std::vector<ContainerId> ids = OCI_TRY(in_phase("state", container::ids(settings_.root)));
    std::vector<State> states;
    for (const ContainerId& id : ids) {
        auto found = state(id);
        // Engines keep the directories of other runtimes below the same root.
        if (!found) {
            log::debug("list: skipping {}: {}", id.text(), found.error().message);
            continue;
        }
        states.push_back(std::move(found).value());
    }
    std::ranges::sort(states, {}, &State::id);
    return states;
}

}  // namespace oci
