// SPDX-License-Identifier: Apache-2.0
//
// early filter: a process that enters a container is seen there, and may be seized, from its first
// moment on. Loading a filter takes CAP_SYS_ADMIN; so it is loaded before that moment, if it
// permits what is still to be done.
#pragma once

#include "engine/steps.hpp"
#include "kernel/process.hpp"

namespace oci::engine {

/// Whether the filter would hold back a privilege of the host past the clone, and need not:
/// it permits every call that the process makes from the clone to its execve.
[[nodiscard]] bool can_confine_early(const Plan& plan);

/// Of the intermediate, in the container's namespaces but its pid namespace: gives up everything.
kernel::SysResult<void> confine_early(Stage& stage) noexcept;

}  // namespace oci::engine
