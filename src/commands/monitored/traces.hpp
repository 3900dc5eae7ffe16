// SPDX-License-Identifier: Apache-2.0
//
// traces: what a monitor leaves in the state directory of its container, and whether it lives.
#pragma once

#include <optional>

#include "monitor/record.hpp"
#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/state.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::commands {

/// nullopt: the container has no monitor, and had none.
std::optional<monitor::Record> monitor_of(FdView directory);

/// nullopt: no monitor has seen it end (yet).
std::optional<monitor::ExitRecord> exit_of(FdView directory);

/// A pidfd; invalid if it has ended.
Result<UniqueFd> open_monitor(const monitor::Record& record);

/// Waits until the monitor of a container that has ended is gone, and ends it if it is not.
Result<void> end_monitor(FdView directory);

/// When it began and how it ended, where that is known.
void add_traces(State& state, FdView directory);

Ending ending_of(const monitor::ExitRecord& record);

}  // namespace oci::commands
