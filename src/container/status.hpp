// SPDX-License-Identifier: Apache-2.0
//
// status: how a container is doing, computed from what the kernel says now.
#pragma once

#include "container/record.hpp"
#include "oci-rt/state.hpp"

namespace oci::container {

/// What the kernel calls the time since it was started.
Result<std::string> boot_id();

/// Identifies a running process; ErrorKind::System if it is gone.
Result<InitProcess> identify(pid_t pid);

/// Whether what is noted with it is of this boot: else no process and no cgroup of it is left, and
/// what has its pid or its path now is somebody else's. Nothing noted: it counts as of this one.
Result<bool> is_of_this_boot(const InitProcess& init);

/// A handle to exactly that process; invalid (no descriptor) if it ended, is a
/// zombie, or its pid now belongs to another. An error: nobody can tell now, say for
/// want of descriptors; that is not the same as stopped.
Result<UniqueFd> open_init(const InitProcess& init);

/// Not paused: whether the cgroup is frozen is the caller's to add.
Result<Status> status_of(FdView directory, const Record& record);

}  // namespace oci::container
