// SPDX-License-Identifier: Apache-2.0
//
// status: how a container is doing, computed from what the kernel says now.
#pragma once

#include "container/record.hpp"
#include "oci-rt/state.hpp"

namespace oci::container {

/// Identifies a running process; ErrorKind::System if it is gone.
Result<InitProcess> identify(pid_t pid);

/// A handle to exactly that process; invalid (no descriptor) if it ended, is a
/// zombie, or its pid now belongs to another. An error: nobody can tell now, say for
/// want of descriptors; that is not the same as stopped.
Result<UniqueFd> open_init(const InitProcess& init);

/// Not paused: whether the cgroup is frozen is the caller's to add.
Result<Status> status_of(FdView directory, const Record& record);

}  // namespace oci::container
