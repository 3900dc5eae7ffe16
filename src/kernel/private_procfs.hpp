// SPDX-License-Identifier: Apache-2.0
//
// A procfs that nobody else can see, so nothing can be mounted over its files:
// the answer to CVE-2019-16884 and CVE-2019-19921, where a write to /proc went elsewhere.
#pragma once

#include "kernel/sys_result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::kernel {

enum class ProcfsPart : unsigned char { Everything, Processes };

/// A procfs of the caller's pid namespace that is never attached. Where the
/// kernel refuses a new one (a user namespace that shares its parent's pid
/// namespace, or sees only a covered /proc): the procfs at /proc, if its root is
/// there. Open its files by open_beneath(), which refuses what lies over them.
SysResult<UniqueFd> open_private_procfs(ProcfsPart part) noexcept;

}  // namespace oci::kernel
