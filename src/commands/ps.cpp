// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/phase.hpp"
#include "commands/container.hpp"
#include "host/processes.hpp"

namespace oci {
namespace {

Result<std::vector<pid_t>> processes_of(const commands::Container& container) {
    if (container.status == Status::Stopped) return std::vector<pid_t>{};
    const container::CgroupPlace& place = container.record.cgroup;
    if (place.mount_point.empty())
        return with(fail(ErrorKind::Unsupported,
                         "container {} has no cgroup: its processes cannot be told from others",
                         container.record.id),
                    {.code = "cgroup-missing",
                     .phase = "processes",
                     .hint = "only create can give it one: see --cgroup-manager"});
    return in_phase("processes", cgroups::processes(commands::location_of(place)));
}

}  // namespace

Result<std::vector<pid_t>> Runtime::processes(const ContainerId& id) const {
    const commands::Container container =
        OCI_TRY(commands::find(settings_, id, commands::Locked::No));
    return processes_of(container);
}

Result<std::vector<ProcessInfo>> Runtime::process_details(const ContainerId& id) const {
    const commands::Container container =
        OCI_TRY(commands::find(settings_, id, commands::Locked::No));
    const std::vector<pid_t> pids = OCI_TRY(processes_of(container));
    std::vector<ProcessInfo> details;
    for (const pid_t pid : pids) {
        auto info = host::describe_process(pid, container.record.cgroup.path);
        if (info) details.push_back(std::move(*info));
    }
    // A pid may have gone to a process of somebody else before it was described.
    const std::vector<pid_t> still = OCI_TRY(processes_of(container));
    std::erase_if(details, [&](const ProcessInfo& info) {
        return !std::ranges::binary_search(still, info.pid);
    });
    return details;
}

}  // namespace oci
