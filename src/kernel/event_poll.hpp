// SPDX-License-Identifier: Apache-2.0
//
// epoll and timers as descriptors: one thread that waits for everything at once.
#pragma once

#include <sys/epoll.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

#include "kernel/sys_result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::kernel {

SysResult<UniqueFd> open_event_poll() noexcept;

/// events: EPOLL*; the tag comes back with each event.
SysResult<void> add_to_poll(FdView poll, FdView fd, std::uint32_t events,
                            std::uint64_t tag) noexcept;
SysResult<void> change_in_poll(FdView poll, FdView fd, std::uint32_t events,
                               std::uint64_t tag) noexcept;
SysResult<void> remove_from_poll(FdView poll, FdView fd) noexcept;

/// How many of the room were filled in; 0 after a signal. Waits for ever.
SysResult<std::size_t> wait_for_events(FdView poll, std::span<epoll_event> room) noexcept;

/// Readable once its time has come; CLOCK_MONOTONIC.
SysResult<UniqueFd> open_timer() noexcept;
/// from_now <= 0: at once.
SysResult<void> set_timer(FdView timer, std::chrono::nanoseconds from_now) noexcept;

}  // namespace oci::kernel
