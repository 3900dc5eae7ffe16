// SPDX-License-Identifier: Apache-2.0
//
// process.cwd: made if missing, resolved inside the root, and proven to be
// inside it (CVE-2024-21626).
#pragma once

#include <string>

#include "features/progress.hpp"
#include "kernel/sys_result.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::working_directory {

struct Plan {
    std::string path;
};

/// cwd: absolute.
Result<Plan> plan(const std::string& cwd);

/// Init: makes it, 0755, while the root is still writable. A root where that is
/// impossible is no error here.
void make_missing(const Plan& plan, FdView root) noexcept;

/// Init, before the ids change. False: root was denied (EACCES, as on FUSE or
/// NFS), so the user itself has to try: enter() after the ids changed.
kernel::SysResult<bool> try_enter(const Plan& plan, FdView root, Progress& progress) noexcept;

kernel::SysResult<void> enter(const Plan& plan, FdView root, Progress& progress) noexcept;

}  // namespace oci::working_directory
