// SPDX-License-Identifier: Apache-2.0
//
// linux.personality: the execution domain. LINUX32 makes uname(2) tell a 32-bit
// program of a 32-bit machine.
#pragma once

#include <optional>

#include "features/progress.hpp"
#include "kernel/sys_result.hpp"
#include "oci-rt/spec.hpp"

namespace oci::personality {

struct Plan {
    std::optional<unsigned long> persona;  ///< PER_*, without flags; absent: the caller's.
};

[[nodiscard]] Plan plan(const Spec& spec) noexcept;

/// Init. With the domain, the flags that were inherited go (such as ADDR_NO_RANDOMIZE).
kernel::SysResult<void> enter(const Plan& plan, Progress& progress) noexcept;

}  // namespace oci::personality
