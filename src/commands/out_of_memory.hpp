// SPDX-License-Identifier: Apache-2.0
//
// A process that ended by SIGKILL: whether it was the OOM killer, so that
// nobody has to guess.
#pragma once

#include <string>

#include "engine/foreground.hpp"
#include "features/cgroups/location.hpp"
#include "features/cgroups/watch.hpp"
#include "oci-rt/error.hpp"
#include "oci-rt/options.hpp"
#include "oci-rt/state.hpp"

namespace oci::commands {

/// An error about an init that was lost, told as "oom-killed" where the cgroup has seen that.
Error with_oom_killer(Error error, const cgroups::Location& location);

/// Looks at a container's cgroup from before a process begins until it has ended.
class OutOfMemoryWatch {
public:
    /// Where nothing can be seen, nothing will be said.
    static OutOfMemoryWatch begin(const cgroups::Location& location);

    /// As long as this lives, and stays where it is.
    [[nodiscard]] engine::Lookout lookout();

    /// Warns if the process, which has ended with this status (as a shell says it), met the OOM
    /// killer, and notes it in the container's state.
    void tell(int status, const Settings& settings, const ContainerId& id) const;

private:
    void look();

    cgroups::Watch watch_;
    cgroups::Watch slice_;  ///< Of a unit: systemd removes its cgroup as soon as that is empty.
    std::uint64_t kills_ = 0;
    std::string limit_;
    bool is_seen_ = false;
};

}  // namespace oci::commands
