// SPDX-License-Identifier: Apache-2.0
//
// load_filter: the filter of a process, and the way of its listener to the
// agent. See ARCHITECTURE.md, "System calls that an agent answers".
#pragma once

#include "features/progress.hpp"
#include "features/seccomp/seccomp.hpp"
#include "kernel/sys_result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::engine {

/// Returns when the filter rules, and its agent, if it has one, is told. The process
/// ends where the other end of the channel cannot tell the agent.
kernel::SysResult<void> load_filter(const seccomp::Plan& plan, FdView channel,
                                    Progress& progress) noexcept;

}  // namespace oci::engine
