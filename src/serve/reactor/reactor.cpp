// SPDX-License-Identifier: Apache-2.0
#include "serve/reactor/reactor.hpp"

#include <array>
#include <new>

#include "base/explain.hpp"
#include "base/log.hpp"
#include "kernel/event_poll.hpp"
#include "kernel/watch.hpp"

namespace oci::serve {
namespace {

constexpr std::uint64_t timer_tag = 0;

}  // namespace

Result<std::unique_ptr<Reactor>> Reactor::make() {
    UniqueFd poll = OCI_TRY(explain(kernel::open_event_poll(), "cannot wait for events"));
    UniqueFd timer = OCI_TRY(explain(kernel::open_timer(), "cannot make a timer"));
    OCI_TRY(explain(kernel::add_to_poll(poll, timer, EPOLLIN, timer_tag), "cannot use a timer"));
    return std::unique_ptr<Reactor>{new Reactor{std::move(poll), std::move(timer)}};
}

Result<Reactor::WatchId> Reactor::watch(FdView fd, std::uint32_t events, EventHandler handler) {
    const WatchId id = ++last_id_;
    watches_.emplace(id, Watch{.fd = fd.get(),
                               .events = events,
                               .handler = std::make_shared<EventHandler>(std::move(handler))});
    const auto added = kernel::add_to_poll(poll_, fd, events, id);
    if (!added) {
        watches_.erase(id);
        return explain(Result<WatchId>{Failure{Error(added.error())}}, "cannot watch a descriptor");
    }
    return id;
}

void Reactor::change(WatchId watch, std::uint32_t events) {
    const auto found = watches_.find(watch);
    if (found == watches_.end() || found->second.events == events) return;
    found->second.events = events;
    // It is in there; the call cannot want for memory.
    (void)kernel::change_in_poll(poll_, FdView{found->second.fd}, events, watch);
}

void Reactor::forget(WatchId watch) {
    const auto found = watches_.find(watch);
    if (found == watches_.end()) return;
    (void)kernel::remove_from_poll(poll_, FdView{found->second.fd});  // it is in there
    watches_.erase(found);
}

Reactor::TimerId Reactor::after(std::chrono::milliseconds delay, TimeHandler handler) {
    const TimerId id{Clock::now() + delay, ++last_id_};
    timers_.emplace(id, std::move(handler));
    arm();
    return id;
}

void Reactor::cancel(TimerId timer) { timers_.erase(timer); }

/// A timer that was cancelled leaves the alarm as it is: it rings for nothing, once.
void Reactor::arm() {
    if (timers_.empty()) return;
    const Clock::time_point first = timers_.begin()->first.first;
    if (armed_ != Clock::time_point{} && armed_ <= first) return;
    armed_ = first;
    (void)kernel::set_timer(timer_, first - Clock::now());  // fails for times that cannot be only
}

void Reactor::run_timers() {
    kernel::drain(timer_);
    armed_ = {};
    const Clock::time_point now = Clock::now();
    while (!timers_.empty() && timers_.begin()->first.first <= now) {
        const TimeHandler handler = std::move(timers_.begin()->second);
        timers_.erase(timers_.begin());
        handler();
    }
    arm();
}

void Reactor::dispatch(WatchId watch, std::uint32_t events) {
    try {
        if (watch == timer_tag) return run_timers();
        const auto found = watches_.find(watch);
        if (found == watches_.end()) return;  // forgotten by another event of the same round
        const std::shared_ptr<EventHandler> handler = found->second.handler;
        (*handler)(events);
    } catch (const std::bad_alloc&) {
        // Whoever can give something back has done so; the others will be called again.
        log::write(log::Level::Error, "out of memory");
        arm();
    }
}

Result<void> Reactor::run() {
    std::array<epoll_event, 64> events{};
    while (!stopped_) {
        const std::size_t count =
            OCI_TRY(explain(kernel::wait_for_events(poll_, events), "cannot wait for events"));
        for (std::size_t each = 0; each < count && !stopped_; ++each)
            dispatch(events.at(each).data.u64, events.at(each).events);
    }
    return {};
}

}  // namespace oci::serve
