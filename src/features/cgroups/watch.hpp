// SPDX-License-Identifier: Apache-2.0
//
// watch: being told when the kernel ends a process for want of memory, when the
// cgroup is frozen or thawed, and when somebody waits for long.
#pragma once

#include <poll.h>

#include <array>
#include <string>
#include <vector>

#include "features/cgroups/location.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/stats.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::cgroups {

/// What has changed since the last look.
struct Changes {
    bool out_of_memory = false;
    bool paused = false;
    bool resumed = false;
};

class Watch {
public:
    /// Without the memory controller nobody tells of memory: that is no error.
    static Result<Watch> begin(const Location& location);

    /// Two descriptors to wait for (POLLPRI); -1 where there is nothing to wait for any more.
    [[nodiscard]] std::array<pollfd, 2> wanted() const noexcept;

    /// A cgroup that is gone says nothing more.
    Changes look();

    /// Of the last look.
    [[nodiscard]] std::uint64_t oom_kills() const noexcept { return oom_kills_; }

private:
    UniqueFd memory_events_;
    UniqueFd events_;
    std::uint64_t oom_kills_ = 0;
    bool frozen_ = false;
};

/// Becomes ready (POLLPRI) when tasks waited for a resource for 0.3 s of two.
struct PressureTrigger {
    std::string resource;  ///< "cpu", "memory", "io"
    UniqueFd file;

    [[nodiscard]] std::optional<PressureStats> read() const;
};

/// Those that the kernel grants; Unsupported if none.
Result<std::vector<PressureTrigger>> set_pressure_triggers(const Location& location);

}  // namespace oci::cgroups
