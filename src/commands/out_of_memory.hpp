// SPDX-License-Identifier: Apache-2.0
//
// A process that ended by SIGKILL: whether it was the OOM killer, so that
// nobody has to guess.
#pragma once

#include "features/cgroups/location.hpp"
#include "oci-rt/error.hpp"
#include "oci-rt/stats.hpp"

namespace oci::commands {

/// An error about an init that was lost, told as "oom-killed" where the cgroup has seen that.
Error with_oom_killer(Error error, const cgroups::Location& location);

/// Warns if a process that has ended with this status (as a shell says it) met the OOM killer;
/// before: how many had met it when it was started.
void warn_of_oom_killer(int status, const cgroups::Location& location, Amount before);

}  // namespace oci::commands
