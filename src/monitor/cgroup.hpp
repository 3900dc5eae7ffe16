// SPDX-License-Identifier: Apache-2.0
//
// cgroup: the container's, as far as its monitor looks at it: kills for want of memory, and the
// end of all that is in it.
#pragma once

#include <cstdint>
#include <string_view>

#include "kernel/sys_result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::monitor {

/// "oom_kill 2" in the text of memory.events; 0 if it is not there.
[[nodiscard]] std::uint64_t oom_kills_in(std::string_view memory_events) noexcept;

class Cgroup {
public:
    Cgroup() = default;

    /// Of the container whose state directory this is, by its recovery note. One without a
    /// cgroup, or without the memory controller, has nothing to look at.
    static Cgroup of(FdView state);

    /// Has POLLPRI when something has happened; -1: never.
    [[nodiscard]] FdView alarm() const noexcept { return events_; }

    /// Whether there were more kills.
    bool look() noexcept;
    [[nodiscard]] std::uint64_t oom_kills() const noexcept { return oom_kills_; }

    /// ENOENT: it has none.
    [[nodiscard]] kernel::SysResult<void> kill() const noexcept;

private:
    UniqueFd directory_;
    UniqueFd events_;
    std::uint64_t oom_kills_ = 0;
};

}  // namespace oci::monitor
