// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <vector>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "commands/container.hpp"
#include "container/start_gate.hpp"
#include "features/cgroups/stats.hpp"
#include "features/cgroups/watch.hpp"
#include "kernel/watch.hpp"

namespace oci {
namespace {

using clock = std::chrono::steady_clock;

/// One container, watched until it has stopped.
class Listener {
public:
    Listener(commands::Container container, const EventsOptions& options, const EventSink& sink)
        : container_{std::move(container)},
          location_{commands::location_of(container_.record.cgroup)},
          options_{options},
          sink_{sink} {}

    Result<void> listen() {
        OCI_TRY(begin());
        auto next_stats = clock::now();
        for (;;) {
            if (clock::now() >= next_stats) {
                OCI_TRY(tell_stats());
                next_stats = clock::now() + options_.interval;
            }
            const bool has_ended = OCI_TRY(wait_until(next_stats));
            OCI_TRY(tell_changes());
            if (has_ended) return tell({.kind = EventKind::Exited});
        }
    }

private:
    Result<void> begin() {
        init_ = OCI_TRY(container::open_init(container_.record.init));
        if (!init_)
            return with(
                fail(ErrorKind::WrongStatus, "container not running: {}", container_.record.id),
                {.phase = "status"});
        watch_ = OCI_TRY(cgroups::Watch::begin(location_));
        if (container_.status == Status::Created)
            gate_ = OCI_TRY(explain(kernel::watch_removals(container_.directory.fd()),
                                    "cannot watch the start gate of {}", container_.record.id));
        if (options_.pressure) triggers_ = OCI_TRY(cgroups::set_pressure_triggers(location_));
        if (container_.status == Status::Created) return tell({.kind = EventKind::Created});
        if (container_.status == Status::Paused) return tell({.kind = EventKind::Paused});
        return {};
    }

    /// Whether init has ended.
    Result<bool> wait_until(clock::time_point deadline) {
        const auto [memory, frozen] = watch_.wanted();
        std::vector<pollfd> wanted{pollfd{init_.get(), POLLIN, 0}, memory, frozen,
                                   pollfd{gate_.get(), POLLIN, 0}, pollfd{options_.reader, 0, 0}};
        for (const cgroups::PressureTrigger& trigger : triggers_)
            wanted.push_back({trigger.file.get(), POLLPRI, 0});
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock::now());
        const auto most = std::chrono::milliseconds{std::chrono::hours{24}};
        const auto patience = std::clamp(left, std::chrono::milliseconds{0}, most);
        OCI_TRY(explain(kernel::wait_for_any(wanted, static_cast<int>(patience.count())),
                        "cannot wait for events of {}", container_.record.id));
        if ((wanted[before_triggers - 1].revents & (POLLERR | POLLHUP)) != 0)
            return with(fail(ErrorKind::System, "nobody reads the events of {} any more",
                             container_.record.id),
                        {.phase = "output", .number = EPIPE});
        for (std::size_t i = 0; i < triggers_.size(); ++i) {
            const auto happened = wanted[before_triggers + i].revents;
            if ((happened & (POLLPRI | POLLERR)) != 0)
                OCI_TRY(tell_pressure(i, (happened & POLLERR) != 0));
        }
        return (wanted[0].revents & POLLIN) != 0;
    }

    Result<void> tell_changes() {
        if (gate_) OCI_TRY(look_at_gate());
        const cgroups::Changes changes = watch_.look();
        if (changes.out_of_memory) OCI_TRY(tell({.kind = EventKind::OutOfMemory}));
        if (changes.paused) OCI_TRY(tell({.kind = EventKind::Paused}));
        if (changes.resumed) OCI_TRY(tell({.kind = EventKind::Resumed}));
        return {};
    }

    Result<void> look_at_gate() {
        kernel::drain(gate_);
        if (container::start_gate::exists(container_.directory.fd())) return {};
        gate_.reset();
        return tell({.kind = EventKind::Started});
    }

    /// A trigger of a cgroup that is gone stays ready for ever.
    Result<void> tell_pressure(std::size_t index, bool is_gone) {
        cgroups::PressureTrigger& trigger = triggers_[index];
        const auto pressure = is_gone ? std::nullopt : trigger.read();
        if (!pressure) {
            trigger.file.reset();
            return {};
        }
        return tell(
            {.kind = EventKind::Pressure, .resource = trigger.resource, .pressure = pressure});
    }

    /// A container that is being deleted has no numbers any more.
    Result<void> tell_stats() {
        if (!cgroups::exists(location_)) return {};
        auto stats = cgroups::read_stats(location_);
        if (!stats && stats.error().number == ENOENT) return {};
        Stats numbers = OCI_TRY(std::move(stats));
        return tell({.kind = EventKind::Stats, .stats = std::move(numbers)});
    }

    Result<void> tell(Event event) {
        event.id = container_.record.id;
        return sink_(event);
    }

    static constexpr std::size_t before_triggers = 5;

    commands::Container container_;
    cgroups::Location location_;
    EventsOptions options_;
    const EventSink& sink_;
    UniqueFd init_;
    UniqueFd gate_;
    cgroups::Watch watch_;
    std::vector<cgroups::PressureTrigger> triggers_;
};

}  // namespace

Result<void> Runtime::events(const ContainerId& id, const EventsOptions& options,
                             const EventSink& sink) const {
    if (options.interval <= std::chrono::milliseconds{0})
        return with(
            fail(ErrorKind::InvalidConfig, "the interval of events must be longer than none"),
            {.code = "usage", .phase = "arguments"});
    commands::Container container = OCI_TRY(commands::find(settings_, id, commands::Locked::No));
    Listener listener{std::move(container), options, sink};
    return listener.listen();
}

}  // namespace oci
