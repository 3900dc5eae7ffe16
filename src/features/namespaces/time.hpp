// SPDX-License-Identifier: Apache-2.0
//
// linux.timeOffsets: clocks of a new time namespace.
#pragma once

#include <string>

#include "features/progress.hpp"
#include "kernel/sys_result.hpp"
#include "oci-rt/spec.hpp"

namespace oci::timens {

struct Plan {
    std::string offsets;  ///< The text for timens_offsets; empty: none.
};

Result<Plan> plan(const Spec& spec);

/// Intermediate, while /proc is still the host's: makes the time namespace of
/// its next child and sets the clocks, which is possible only while it is empty.
kernel::SysResult<void> enter(const Plan& plan, Progress& progress) noexcept;

}  // namespace oci::timens
