// SPDX-License-Identifier: Apache-2.0
//
// The sub-cgroups that a container made below its own, however deep and many.
#pragma once

#include <functional>
#include <string>

#include "kernel/sys_result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::cgroups {

/// Called for a cgroup when all below it have been visited.
using Visit =
    std::function<kernel::SysResult<void>(FdView parent, const std::string& name, FdView self)>;

/// Visits every cgroup below top, not top itself. Those that vanish meanwhile are left out.
/// Holds three descriptors at most, because the container decides how deep the tree is.
kernel::SysResult<void> visit_sub_cgroups(FdView top, const Visit& visit);

}  // namespace oci::cgroups
