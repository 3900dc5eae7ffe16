// SPDX-License-Identifier: Apache-2.0
//
// finish: the last acts of init, after the start gate or at the end of exec:
// hooks, privileges, the filter, execve.
#pragma once

#include "engine/protocol.hpp"
#include "engine/steps.hpp"
#include "features/hooks/hooks.hpp"

namespace oci::engine {

/// Executes the user's program, or reports to the stage's channel why not, and exits.
[[noreturn]] void finish(Stage& stage) noexcept;

/// Closes every descriptor that init does not need, also those the caller leaked to us.
kernel::SysResult<void> close_foreign_fds(const Plan& plan, FdView channel, FdView gate) noexcept;

/// Runs hooks from init; the state document gets init's pid as the container sees it.
kernel::SysResult<void> run_hooks_in_init(const std::vector<hooks::Prepared>& list,
                                          StateText& state, const char* directory,
                                          const hooks::Extras& extras, Stage& stage) noexcept;

/// Tells the other end of the stage's channel which step failed, on what, and why.
void report(const Stage& stage, std::string_view step, kernel::SysError why) noexcept;

}  // namespace oci::engine
