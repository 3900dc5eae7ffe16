// SPDX-License-Identifier: Apache-2.0
//
// process.scheduler: when the process gets a processor. Set late, when init has
// set up the container and run its hooks: the policy is for the user's program,
// and a deadline leaves no time for more.
#pragma once

#include <sys/types.h>

#include <string>

#include "features/progress.hpp"
#include "kernel/scheduling.hpp"
#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/spec.hpp"

namespace oci::scheduler {

struct Plan {
    bool is_wanted = false;
    kernel::SchedulerAttributes attributes;
    std::string cpuset;  ///< For errors: where the spec narrows the processors; empty: nowhere.
};

/// Unsupported for SCHED_ISO, which no kernel has. The flags are passed on as they are; a
/// SCHED_FLAG_UTIL_CLAMP_* comes without a value and takes back the clamp that was inherited.
Result<Plan> plan(const Process& process, const Spec& spec);

/// InvalidConfig for a process that cannot fork, and has to for the hooks that follow.
Result<void> check_hooks(const Plan& plan, const Hooks& hooks);
/// The same for the thread that hands the listener of a filter to an agent.
Result<void> check_agent(const Plan& plan, bool has_listener);

/// A deadline that the spec narrows the processors of: see cgroups::LentProcessors.
[[nodiscard]] bool needs_all_processors(const Plan& plan) noexcept;

/// Init, after its processors are set: a deadline wants all of its root domain.
kernel::SysResult<void> enter(const Plan& plan, Progress& progress) noexcept;

/// Parent: the same from outside, with the privileges of the host, and with an explanation.
Result<void> prepare_child(const Plan& plan, pid_t pid);

}  // namespace oci::scheduler
