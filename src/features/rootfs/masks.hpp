// SPDX-License-Identifier: Apache-2.0
//
// masks: maskedPaths and readonlyPaths. What covers a path is ours alone: the
// container's /dev/null may be anything (CVE-2025-31133).
#pragma once

#include <string>
#include <vector>

#include "features/progress.hpp"
#include "kernel/sys_result.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/spec.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::masks {

struct Plan {
    std::vector<std::string> masked;  ///< Absolute, in the container.
    std::vector<std::string> readonly;
};

Result<Plan> plan(const Spec& spec);

/// Before or after the change of root, after the mounts. A path that does not
/// exist is skipped; any other failure is an error.
kernel::SysResult<void> enter(const Plan& plan, FdView root, Progress& progress) noexcept;

}  // namespace oci::masks
