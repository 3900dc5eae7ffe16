// SPDX-License-Identifier: Apache-2.0
//
// monitored: the verbs about containers that a monitor looks after.
#pragma once

#include "cli/perform.hpp"
#include "oci-rt/runtime.hpp"

namespace oci::cli {

/// What run asks of a monitor.
struct MonitorFlags;

/// Starts a container under a monitor, detached; options.monitor and options.runtime are filled
/// in. Nothing is left on an error. Not for a sealed copy of this program: see own_program().
[[nodiscard]] Result<State> start_monitored(const Runtime& runtime, const ContainerId& id,
                                            MonitorOptions options);

/// What the flags mean; the rest of the options is as it was.
[[nodiscard]] Result<MonitorOptions> monitor_options(const MonitorFlags& flags,
                                                     const CreateOptions& create);

Result<Outcome> logs(const Runtime& runtime, const Invocation& call);
Result<Outcome> wait(const Runtime& runtime, const Invocation& call);
Result<Outcome> attach(const Runtime& runtime, const Invocation& call);
Result<Outcome> stop(const Runtime& runtime, const Invocation& call);

}  // namespace oci::cli
