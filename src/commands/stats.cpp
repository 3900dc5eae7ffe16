// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/stats.hpp"

#include "base/explain.hpp"
#include "commands/container.hpp"

namespace oci {

Result<Stats> Runtime::stats(const ContainerId& id) const {
    const commands::Container container =
        OCI_TRY(commands::find(settings_, id, commands::Locked::No));
    if (container.status == Status::Stopped || container.status == Status::Creating)
        return fail(ErrorKind::WrongStatus, "container not running: {}", id.text());
    return cgroups::read_stats(commands::location_of(container.record.cgroup));
}

}  // namespace oci
