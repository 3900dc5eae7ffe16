// SPDX-License-Identifier: Apache-2.0
#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/phase.hpp"
#include "commands/container.hpp"

namespace oci {

Result<std::vector<pid_t>> Runtime::processes(const ContainerId& id) const {
    const commands::Container container =
        OCI_TRY(commands::find(settings_, id, commands::Locked::No));
    if (container.status == Status::Stopped) return std::vector<pid_t>{};
    const container::CgroupPlace& place = container.record.cgroup;
    if (place.mount_point.empty())
        return with(
            fail(ErrorKind::Unsupported,
                 "container {} has no cgroup: its processes cannot be told from others", id.text()),
            {.code = "cgroup-missing",
             .phase = "processes",
             .hint = "only create can give it one: see --cgroup-manager"});
    return in_phase("processes", cgroups::processes(commands::location_of(place)));
}

}  // namespace oci
