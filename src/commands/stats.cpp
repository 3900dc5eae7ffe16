// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/stats.hpp"

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/phase.hpp"
#include "commands/container.hpp"

namespace oci {

Result<Stats> Runtime::stats(const ContainerId& id) const {
    const commands::Container container =
        OCI_TRY(commands::find(settings_, id, commands::Locked::No));
    if (container.status == Status::Stopped || container.status == Status::Creating)
        return with(fail(ErrorKind::WrongStatus, "container not running: {}", id.text()),
                    {.phase = "status"});
    return in_phase("cgroup", cgroups::read_stats(commands::location_of(container.record.cgroup)));
}

}  // namespace oci
