// SPDX-License-Identifier: Apache-2.0
#include "base/explain.hpp"
#include "base/phase.hpp"
#include "commands/container.hpp"
#include "commands/monitored/traces.hpp"
#include "kernel/process.hpp"

namespace oci {
namespace {

constexpr int unknown_code = 255;

/// Where no monitor has seen the end: Linux 6.15 knows it, once whoever was to reap has done so.
Ending ending_by_kernel(FdView init) {
    constexpr int attempts = 200;
    constexpr useconds_t pause = 5000;
    for (int i = 0; init.get() >= 0 && i < attempts; ++i) {
        const auto exit = kernel::exit_of_reaped(init);
        if (exit) {
            const bool by_signal = exit.value().by_signal;
            return {.exit_code = exit.value().status,
                    .signal = by_signal ? exit.value().status - 128 : 0};
        }
        if (exit.error().code != ENODATA) break;
        ::usleep(pause);
    }
    return {.exit_code = unknown_code};
}

}  // namespace

Result<Ending> Runtime::wait(const ContainerId& id) const {
    const commands::Container container =
        OCI_TRY(commands::find(settings_, id, commands::Locked::No));
    const FdView directory = container.directory.fd();
    UniqueFd init;
    if (container.status != Status::Creating)
        init = OCI_TRY(in_phase("state", container::open_init(container.record.init)));
    if (const auto record = commands::monitor_of(directory)) {
        const UniqueFd process = OCI_TRY(in_phase("monitor", commands::open_monitor(*record)));
        // It writes down how the container ended, and then ends itself.
        if (process)
            OCI_TRY(in_phase("monitor", explain(kernel::wait_readable(process, -1),
                                                "cannot wait for monitor {}", record->pid)));
    }
    if (const auto exit = commands::exit_of(directory)) return commands::ending_of(*exit);
    if (init)
        OCI_TRY(in_phase("processes", explain(kernel::wait_readable(init, -1),
                                              "cannot wait for container {}", id.text())));
    return ending_by_kernel(init);
}

}  // namespace oci
