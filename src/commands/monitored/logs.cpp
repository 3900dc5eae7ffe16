// SPDX-License-Identifier: Apache-2.0
#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/phase.hpp"
#include "commands/container.hpp"
#include "commands/monitored/log_reader.hpp"
#include "commands/monitored/traces.hpp"
#include "kernel/process.hpp"

namespace oci {
namespace {

/// Tells what is there; true if it was something.
Result<bool> tell_rest(commands::LogReader& reader, const std::string& since, const LogSink& sink) {
    bool has_any = false;
    for (;;) {
        const auto line = OCI_TRY(reader.next());
        if (!line) return has_any;
        has_any = true;
        if (line->time >= since) OCI_TRY(sink(*line));
    }
}

Result<void> follow(commands::LogReader& reader, const monitor::Record& record,
                    const LogsOptions& options, const LogSink& sink) {
    constexpr int pause = 50;  // milliseconds
    const UniqueFd monitor = OCI_TRY(in_phase("monitor", commands::open_monitor(record)));
    bool has_ended = !monitor;
    for (;;) {
        // In this order: nothing is written after the monitor has ended.
        const bool has_any = OCI_TRY(in_phase("log", tell_rest(reader, options.since, sink)));
        if (has_any) continue;
        if (has_ended) return {};
        has_ended = OCI_TRY(in_phase("monitor", explain(kernel::wait_readable(monitor, pause),
                                                        "cannot wait for the monitor")));
    }
}

}  // namespace

Result<void> Runtime::logs(const ContainerId& id, const LogsOptions& options,
                           const LogSink& sink) const {
    const commands::Container container =
        OCI_TRY(commands::find(settings_, id, commands::Locked::No));
    const auto record = commands::monitor_of(container.directory.fd());
    if (!record)
        return with(fail(ErrorKind::NotFound, "container {} has no log", id.text()),
                    {.phase = "log", .hint = "run it with --monitor"});
    auto reader = OCI_TRY(
        in_phase("log", commands::LogReader::open(record->log_path, record->limits.max_files)));
    if (options.tail) {
        const auto lines =
            OCI_TRY(in_phase("log", commands::read_tail(reader, *options.tail, options.since)));
        for (const LogLine& line : lines) OCI_TRY(sink(line));
    } else {
        OCI_TRY(in_phase("log", tell_rest(reader, options.since, sink)));
    }
    if (!options.follow) return {};
    return follow(reader, *record, options, sink);
}

}  // namespace oci
