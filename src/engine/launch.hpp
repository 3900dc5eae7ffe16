// SPDX-License-Identifier: Apache-2.0
//
// launch: the parent's side of the clone. Prepares what rooms need on the host,
// makes init, answers its requests until it is ready or has failed.
#pragma once

#include <functional>

#include "engine/plan.hpp"
#include "engine/protocol.hpp"
#include "kernel/process.hpp"

namespace oci::engine {

/// What a launched process left us with. Killed on destruction unless released.
struct Launched {
    kernel::Process process;
    UniqueFd terminal;               ///< The master, if the plan has a terminal.
    net_devices::Moved net_devices;  ///< Back on the host on destruction unless kept.
};

/// What is done with the listener of a filter that has been loaded.
using TellAgent = std::function<Result<void>(FdView listener)>;

/// The caller's part while init waits.
struct Answers {
    std::function<Result<void>(pid_t)> started;    ///< Init exists and has done nothing yet.
    std::function<Result<void>(pid_t)> run_hooks;  ///< The mounts stand: prestart, createRuntime.
    std::function<Result<void>(pid_t, FdView)> tell_agent;  ///< A further process: see TellAgent.
    /// Takes init into the cgroup, where the kernel refuses to make it there. Empty: an error.
    std::function<Result<void>(pid_t)> attach{};
    FdView stop{-1};  ///< If it becomes readable, init is waited for no longer; or none.
};

/// The rooms' work on the host before the clone; may be slow, undoes itself.
Result<void> prepare(Plan& plan, const host::Facts& facts);

/// Until init is at the start gate (create), or has executed the program (exec,
/// where gate is invalid).
Result<Launched> launch(Plan& plan, const host::Facts& facts, FdView cgroup, UniqueFd gate,
                        const Answers& answers);

/// Opens the start gate and waits until init has executed the program.
Result<void> pass_start_gate(FdView connection, const std::string& id, const TellAgent& tell_agent);

}  // namespace oci::engine
