// SPDX-License-Identifier: Apache-2.0
//
// cgroup.events: whether a cgroup has processes, whether it is frozen, and
// being told when that changes.
#pragma once

#include "kernel/sys_result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::cgroups {

struct Events {
    bool populated = false;  ///< Something lives in it or below it; zombies do not count.
    bool frozen = false;
};

kernel::SysResult<UniqueFd> open_events(FdView cgroup) noexcept;
kernel::SysResult<Events> read_events(FdView events) noexcept;

/// Until the member has the value. False on time-out.
kernel::SysResult<bool> wait_for_event(FdView events, bool Events::*member, bool value,
                                       int milliseconds) noexcept;

/// The longest that anything here waits.
inline constexpr int patience_milliseconds = 10'000;

}  // namespace oci::cgroups
