// SPDX-License-Identifier: Apache-2.0
#include "commands/monitored/traces.hpp"

#include <csignal>

#include "base/explain.hpp"
#include "base/log.hpp"
#include "container/status.hpp"
#include "kernel/process.hpp"
#include "kernel/text_file.hpp"
#include "monitor/protocol.hpp"

namespace oci::commands {

std::optional<monitor::Record> monitor_of(FdView directory) {
    const auto text = kernel::read_text(directory, monitor::record_name, monitor::largest_packet);
    if (!text) return std::nullopt;
    return monitor::read_record(text.value());
}

std::optional<monitor::ExitRecord> exit_of(FdView directory) {
    const auto text = kernel::read_text(directory, monitor::exit_name, monitor::largest_packet);
    if (!text) return std::nullopt;
    return monitor::read_exit(text.value());
}

Result<UniqueFd> open_monitor(const monitor::Record& record) {
    return container::open_init({record.pid, record.start_time, record.boot_id});
}

Result<void> end_monitor(FdView directory) {
    const auto record = monitor_of(directory);
    if (!record) return {};
    const UniqueFd process = OCI_TRY(open_monitor(*record));
    if (!process) return {};
    constexpr int patience = 5000;  // milliseconds; it has the last output to write
    const auto ended = kernel::wait_readable(process, patience);
    if (ended && ended.value()) return {};
    log::warning("monitor {} does not end, and is killed", record->pid);
    (void)kernel::send_signal(process, SIGKILL);  // it may have ended by now
    (void)kernel::wait_readable(process, patience);
    return {};
}

Ending ending_of(const monitor::ExitRecord& record) {
    return {.exit_code = record.code,
            .signal = record.signal,
            .oom_killed = record.oom_killed,
            .finished = record.finished};
}

void add_traces(State& state, FdView directory) {
    const auto record = monitor_of(directory);
    if (!record) return;
    state.started = record->started;
    if (const auto exit = exit_of(directory)) state.ending = ending_of(*exit);
}

}  // namespace oci::commands
