// SPDX-License-Identifier: Apache-2.0
//
// process.capabilities: what the payload may do beyond its user id. The only
// room that knows capabilities by name.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "features/progress.hpp"
#include "host/facts.hpp"
#include "kernel/sys_result.hpp"
#include "oci-rt/spec.hpp"

namespace oci::capabilities {

/// Bit n of each set is capability n.
struct Plan {
    std::uint64_t bounding = 0;
    std::uint64_t effective = 0;
    std::uint64_t permitted = 0;
    std::uint64_t inheritable = 0;
    std::uint64_t ambient = 0;
    int last_capability = 40;
};

/// Unknown capabilities, and those the caller cannot grant, are left out with a
/// warning. In a user namespace of the container all are there to grant.
Result<Plan> plan(const Capabilities& wanted, const host::Facts& facts,
                  bool has_user_namespace = false);

/// Init, before the ids change.
kernel::SysResult<void> drop_bounding(const Plan& plan) noexcept;

/// Init, after the ids changed: the three sets, and on top of effective and
/// permitted what init itself still needs.
kernel::SysResult<void> apply(const Plan& plan, std::uint64_t extra_held) noexcept;

/// Init: the planned sets and the extra, then the ambient ones.
kernel::SysResult<void> finish(const Plan& plan, std::uint64_t extra_held,
                               Progress& progress) noexcept;

/// Init: EPERM unless the kernel's five sets are the planned ones, with the extra.
kernel::SysResult<void> verify(const Plan& plan, std::uint64_t extra_held) noexcept;

/// What the library knows up to a number, as "CAP_CHOWN", in the order of their numbers.
[[nodiscard]] std::vector<std::string> names_up_to(int last_capability);

}  // namespace oci::capabilities
