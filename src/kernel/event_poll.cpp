// SPDX-License-Identifier: Apache-2.0
#include "kernel/event_poll.hpp"

#include <sys/timerfd.h>

#include <algorithm>

namespace oci::kernel {

SysResult<UniqueFd> open_event_poll() noexcept {
    const long fd = OCI_TRY(answer("epoll_create1", ::epoll_create1(EPOLL_CLOEXEC)));
    return UniqueFd{static_cast<int>(fd)};
}

SysResult<void> add_to_poll(FdView poll, FdView fd, std::uint32_t events,
                            std::uint64_t tag) noexcept {
    epoll_event wanted{};
    wanted.events = events;
    wanted.data.u64 = tag;
    OCI_TRY(answer("epoll_ctl(ADD)", ::epoll_ctl(poll.get(), EPOLL_CTL_ADD, fd.get(), &wanted)));
    return {};
}

SysResult<void> change_in_poll(FdView poll, FdView fd, std::uint32_t events,
                               std::uint64_t tag) noexcept {
    epoll_event wanted{};
    wanted.events = events;
    wanted.data.u64 = tag;
    OCI_TRY(answer("epoll_ctl(MOD)", ::epoll_ctl(poll.get(), EPOLL_CTL_MOD, fd.get(), &wanted)));
    return {};
}

SysResult<void> remove_from_poll(FdView poll, FdView fd) noexcept {
    OCI_TRY(answer("epoll_ctl(DEL)", ::epoll_ctl(poll.get(), EPOLL_CTL_DEL, fd.get(), nullptr)));
    return {};
}

SysResult<std::size_t> wait_for_events(FdView poll, std::span<epoll_event> room) noexcept {
    const auto count = answer(
        "epoll_wait", ::epoll_wait(poll.get(), room.data(), static_cast<int>(room.size()), -1));
    if (count) return static_cast<std::size_t>(count.value());
    if (count.error().code == EINTR) return std::size_t{0};
    return Failure{count.error()};
}

SysResult<UniqueFd> open_timer() noexcept {
    const long fd = OCI_TRY(
        answer("timerfd_create", ::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)));
    return UniqueFd{static_cast<int>(fd)};
}

SysResult<void> set_timer(FdView timer, std::chrono::nanoseconds from_now) noexcept {
    // Zero would disarm it.
    const auto left = std::max(from_now, std::chrono::nanoseconds{1});
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
    itimerspec time{};
    time.it_value.tv_sec = seconds.count();
    time.it_value.tv_nsec = (left - seconds).count();
    OCI_TRY(answer("timerfd_settime", ::timerfd_settime(timer.get(), 0, &time, nullptr)));
    return {};
}

}  // namespace oci::kernel
