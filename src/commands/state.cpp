// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "commands/container.hpp"
#include "commands/monitored/traces.hpp"
#include "features/cgroups/stats.hpp"

namespace oci {
namespace {

/// What the cgroup counts, or, where systemd has taken that away, what was noted before.
std::optional<std::uint64_t> oom_kills(const commands::Container& container,
                                       const cgroups::Location& location) {
    const Amount counted = cgroups::oom_kills(location);
    const std::uint64_t noted = container::read_oom_kills(container.directory.fd());
    if (!counted && noted == 0) return std::nullopt;
    return std::max(counted.value_or(0), noted);
}

}  // namespace

Result<State> Runtime::state(const ContainerId& id) const {
    const commands::Container container =
        OCI_TRY(commands::find(settings_, id, commands::Locked::No));
    State state = commands::state_of(container.record, container.status);
    if (container.status == Status::Creating) return state;
    commands::add_traces(state, container.directory.fd());
    const cgroups::Location location = commands::location_of(container.record.cgroup);
    state.device_filter = cgroups::look_at_device_filter(location);
    state.oom_kills = oom_kills(container, location);
    return state;
}

}  // namespace oci
