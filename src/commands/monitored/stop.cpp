// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <csignal>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/flat_json.hpp"
#include "base/phase.hpp"
#include "commands/container.hpp"
#include "commands/monitored/line.hpp"
#include "commands/monitored/traces.hpp"
#include "kernel/process.hpp"

namespace oci {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds time_to_die{10'000};  // after SIGKILL

int to_poll(milliseconds time) {
    return static_cast<int>(std::min<milliseconds::rep>(time.count(), 1'000'000'000));
}

Result<bool> ends_within(FdView init, milliseconds time, const ContainerId& id) {
    return in_phase("processes", explain(kernel::wait_readable(init, to_poll(time)),
                                         "cannot wait for container {}", id.text()));
}

/// The monitor has the patience, also if we are killed meanwhile. NotFound: there is none.
Result<void> ask_monitor(FdView directory, const StopOptions& options) {
    commands::Line line = OCI_TRY(commands::Line::connect(directory));
    std::array<char, 128> buffer;
    FlatJsonWriter json{buffer};
    json.text("type", "stop").number("signal", options.signal);
    return line.ask(json.number("timeout", to_poll(options.patience)).finish());
}

Failure<Error> goes_on(const ContainerId& id) {
    return with(fail(ErrorKind::System, "container {} does not end", id.text()),
                {.code = "processes-remain",
                 .phase = "processes",
                 .hint = "it may hang in the kernel (\"D\" in ps); try again"});
}

}  // namespace

Result<void> Runtime::stop(const ContainerId& id, const StopOptions& options) const {
    const commands::Container container =
        OCI_TRY(commands::find(settings_, id, commands::Locked::No));
    if (container.status == Status::Creating)
        return with(fail(ErrorKind::WrongStatus, "cannot stop container {}: it is being created",
                         id.text()),
                    {.phase = "status"});
    const UniqueFd init = OCI_TRY(in_phase("state", container::open_init(container.record.init)));
    const FdView directory = container.directory.fd();
    if (init) {
        const auto asked = ask_monitor(directory, options);
        if (!asked) (void)kernel::send_signal(init, options.signal);  // it may have ended by now
        const milliseconds extra = asked ? time_to_die : milliseconds{0};
        const bool has_ended = OCI_TRY(ends_within(init, options.patience + extra, id));
        if (!has_ended) {
            OCI_TRY(kill(id, {.signal = SIGKILL, .all = true}));
            const bool is_gone = OCI_TRY(ends_within(init, time_to_die, id));
            if (!is_gone) return goes_on(id);
        }
    }
    return commands::end_monitor(directory);
}

}  // namespace oci
