// SPDX-License-Identifier: Apache-2.0
//
// The loopback device of a new network namespace: it is born down, and no
// network plugin runs for a container without a network.
#pragma once

#include "features/progress.hpp"
#include "kernel/sys_result.hpp"
#include "oci-rt/spec.hpp"

namespace oci::network {

struct Plan {
    bool is_new = false;
};

Result<Plan> plan(const Spec& spec);
kernel::SysResult<void> enter(const Plan& plan, Progress& progress) noexcept;

}  // namespace oci::network
