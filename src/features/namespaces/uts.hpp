// SPDX-License-Identifier: Apache-2.0
//
// hostname and domainname: the names a container sees for itself.
#pragma once

#include <string>

#include "features/progress.hpp"
#include "kernel/sys_result.hpp"
#include "oci-rt/spec.hpp"

namespace oci::uts {

struct Plan {
    std::string hostname;
    std::string domainname;
};

Result<Plan> plan(const Spec& spec);
kernel::SysResult<void> enter(const Plan& plan, Progress& progress) noexcept;

}  // namespace oci::uts
