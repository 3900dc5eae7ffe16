// SPDX-License-Identifier: Apache-2.0
//
// How containers end, how they are started again, and how those are found that an earlier service
// has left.
#include <sys/epoll.h>

#include <algorithm>
#include <utility>

#include "base/time.hpp"
#include "kernel/process.hpp"
#include "serve/containers/containers.hpp"

namespace oci::serve {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds between_looks{50};
constexpr int most_looks = 40;               // the monitor has as long for its record
constexpr int most_looks_for_another = 300;  // one that takes its place
constexpr milliseconds first_delay{100};
constexpr milliseconds longest_delay{60'000};
constexpr std::chrono::seconds long_enough{10};
constexpr std::chrono::seconds between_limits{10};

/// Where nobody has written it down.
void add_what_was_seen(std::optional<RuntimeState>& state,
                       const std::optional<kernel::Exit>& exit) {
    if (!exit) return;
    if (!state) state.emplace();
    state->exit_code = exit->status;
    state->signal = exit->by_signal ? exit->status - 128 : 0;
}

}  // namespace

bool Containers::watch_process(const ContainerRef& container, int pid) {
    if (pid <= 0) return false;
    auto pidfd = kernel::open_pidfd(pid);
    if (!pidfd) return false;
    container->pidfd = std::move(pidfd).value();
    const auto watch = reactor_.watch(
        container->pidfd, EPOLLIN, [this, container](std::uint32_t) { process_ended(container); });
    if (!watch) return false;
    container->exit_watch = watch.value();
    container->pid = pid;
    watch_memory(container);
    keeper_.keep(container->id, pid);
    return true;
}

void Containers::watch_memory(const ContainerRef& container) {
    memory_.remove(container->memory_watch);  // of an earlier process
    container->cgroup = calls_.cgroup_of(container->id);
    container->oom_told = false;
    container->memory_watch = memory_.add(
        container->cgroup,
        [this, container](const MemoryEvents& grown) { look_at_memory(container, grown); });
}

/// A limit that is met is met often: that is told now and then only.
void Containers::look_at_memory(const ContainerRef& container, const MemoryEvents& grown) {
    if (grown.oom_kill > 0) {
        container->oom_told = true;
        tell(*container, "oom", {{"oomKills", std::to_string(grown.oom_kill)}});
    }
    if (grown.high == 0 && grown.max == 0) return;
    if (container->limit_told != Clock::time_point{} &&
        Clock::now() - container->limit_told < between_limits)
        return;
    container->limit_told = Clock::now();
    tell(*container, "memory_limit",
         {{"high", std::to_string(grown.high)}, {"max", std::to_string(grown.max)}});
}

void Containers::process_ended(const ContainerRef& container) {
    reactor_.forget(container->exit_watch);
    container->exit_watch = 0;
    container->pidfd.reset();
    look_at_end(container, 0);
}

/// The kernel tells us as soon as it tells the monitor, who has yet to write down how it was.
void Containers::look_at_end(const ContainerRef& container, int attempt) {
    calls_.read_state(container->id, [this, container, attempt](const ChildEnd& end) {
        if (container->is_gone) return;
        auto state = end.status == 0 ? read_runtime_state(end.output) : std::nullopt;
        const bool is_told = state && state->status == "stopped" && state->exit_code;
        const bool is_late =
            attempt >= (keeper_.holds(container->id) ? most_looks_for_another : most_looks);
        if (is_told || end.status != 0 || is_late) {
            if (!is_told) add_what_was_seen(state, keeper_.end_of(container->id));
            return ended(container, state);
        }
        reactor_.after(between_looks, [this, container, attempt] {
            if (!container->is_gone) look_at_end(container, attempt + 1);
        });
    });
}

void Containers::ended(const ContainerRef& container, const std::optional<RuntimeState>& state) {
    constexpr int unknown = 255;
    const bool is_known = state && state->exit_code;
    container->pid = 0;
    memory_.look(container->memory_watch);
    memory_.remove(std::exchange(container->memory_watch, 0));
    container->cgroup.clear();
    container->exit_code = is_known ? *state->exit_code : unknown;
    container->exit_reason = !is_known ? "unknown" : state->signal != 0 ? "signaled" : "exited";
    container->oom_killed = is_known && state->oom_killed;
    container->finished_at =
        is_known && !state->finished_at.empty() ? state->finished_at : rfc3339_now();
    if (container->oom_killed && !container->oom_told) tell(*container, "oom");
    set_state(container, State::Stopped, "stopped");
    if (container->when_exited) return std::exchange(container->when_exited, nullptr)();
    consider_restart(container);
}

void Containers::consider_restart(const ContainerRef& container) {
    const Wanted& wanted = container->wanted;
    const bool may = !is_resting_ && !container->is_removing && !container->stop_wished;
    const bool failed = container->exit_code != 0;
    const bool is_wanted = wanted.restart == "always" || wanted.restart == "unless-stopped" ||
                           (wanted.restart == "on-failure" && failed);
    const bool is_enough = wanted.most_restarts != 0 && container->restarts >= wanted.most_restarts;
    if (!may || !is_wanted || is_enough) return;
    const bool ran_long = Clock::now() - container->began >= long_enough;
    container->restart_delay = ran_long || container->restart_delay.count() == 0
                                   ? first_delay
                                   : std::min(container->restart_delay * 2, longest_delay);
    container->restart_timer = reactor_.after(container->restart_delay, [this, container] {
        add_work(container, [this, container] {
            const bool still = container->state == State::Stopped && !container->is_removing &&
                               !container->stop_wished && !is_resting_;
            if (!still) return end_work(container);
            ++container->restarts;
            tell(*container, "restarting");
            start(container, [this, container](const Reply<void>&) { end_work(container); });
        });
    });
}

/// After a start of the service: what the record says may be long past.
void Containers::adopt(const ContainerRef& container) {
    // A client was promised so.
    if (std::exchange(container->is_removing, false)) container->state = State::Deleting;
    if (container->state == State::Failed || container->state == State::Created) return;
    const bool is_unfinished = !is_settled(container->state);
    if (is_unfinished && container->state != State::Stopping && !container->in_runtime) {
        const bool is_leaving = container->state == State::Deleting;
        container->state = State::Pending;
        if (is_leaving) return remove(container, {}, [](const Reply<void>&) {});
        return add_work(container, [this, container] { bring_up(container); });
    }
    container->is_busy = true;
    calls_.read_state(container->id, [this, container](const ChildEnd& end) {
        adopted(container, end.status == 0 ? read_runtime_state(end.output) : std::nullopt);
        end_work(container);
    });
}

void Containers::adopted(const ContainerRef& container, const std::optional<RuntimeState>& state) {
    const State before = container->state;
    container->log_path = calls_.log_path(container->id);
    if (before == State::Deleting) return remove(container, {}, [](const Reply<void>&) {});
    if (!state) {
        container->in_runtime = false;
        container->pid = 0;
        if (before == State::Stopped) return;
        if (before == State::Creating) {
            container->state = State::Pending;
            return add_work(container, [this, container] { bring_up(container); });
        }
        return give_up(container, {.code = "runtime-failed",
                                   .detail = "the runtime does not know it any more"});
    }
    container->bundle = state->bundle;
    if (state->status != "stopped" && watch_process(container, state->pid)) {
        container->pid = state->pid;
        set_state(container, state->status == "paused" ? State::Paused : State::Running, "adopted");
        return;
    }
    // It may have ended just now, and its monitor be about to write down how.
    if (before != State::Stopped || !container->exit_code) return look_at_end(container, 0);
    container->pid = 0;
    if (container->wanted.restart == "always") container->stop_wished = false;
    consider_restart(container);
}

}  // namespace oci::serve
