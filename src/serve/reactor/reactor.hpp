// SPDX-License-Identifier: Apache-2.0
//
// reactor: one thread that waits for descriptors and times, and calls whoever asked for them.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <unordered_map>
#include <utility>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::serve {

using Clock = std::chrono::steady_clock;

class Reactor {
public:
    /// Gets EPOLL* bits.
    using EventHandler = std::function<void(std::uint32_t events)>;
    using TimeHandler = std::function<void()>;
    /// 0: none.
    using WatchId = std::uint64_t;
    /// {}: none.
    using TimerId = std::pair<Clock::time_point, std::uint64_t>;

    static Result<std::unique_ptr<Reactor>> make();

    /// The descriptor must live until forget(). A handler may forget any watch, its own too.
    [[nodiscard]] Result<WatchId> watch(FdView fd, std::uint32_t events, EventHandler handler);
    void change(WatchId watch, std::uint32_t events);
    void forget(WatchId watch);

    /// Once, so long from now.
    TimerId after(std::chrono::milliseconds delay, TimeHandler handler);
    /// One that is over already may be cancelled.
    void cancel(TimerId timer);

    /// Until stop().
    [[nodiscard]] Result<void> run();
    void stop() noexcept { stopped_ = true; }

private:
    struct Watch {
        int fd = -1;
        std::uint32_t events = 0;
        std::shared_ptr<EventHandler> handler;
    };
    Reactor(UniqueFd poll, UniqueFd timer) : poll_{std::move(poll)}, timer_{std::move(timer)} {}
    void dispatch(WatchId watch, std::uint32_t events);
    void run_timers();
    void arm();

    UniqueFd poll_;
    UniqueFd timer_;
    Clock::time_point armed_{};
    std::uint64_t last_id_ = 0;
    std::unordered_map<WatchId, Watch> watches_{};
    std::map<TimerId, TimeHandler> timers_{};
    bool stopped_ = false;
};

}  // namespace oci::serve
