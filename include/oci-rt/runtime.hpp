// SPDX-License-Identifier: Apache-2.0
//
// The one doorway: each verb of the command line is one function here.
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

#include "oci-rt/error.hpp"
#include "oci-rt/event.hpp"
#include "oci-rt/features.hpp"
#include "oci-rt/finding.hpp"
#include "oci-rt/info.hpp"
#include "oci-rt/log_line.hpp"
#include "oci-rt/options.hpp"
#include "oci-rt/process_info.hpp"
#include "oci-rt/remains.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/state.hpp"
#include "oci-rt/stats.hpp"

namespace oci {

/// Holds settings only, no open state: every call opens, acts and closes, so
/// several processes may use the same root at once (a lock per container).
/// Callable from a program with threads: nothing process-wide is changed, but
/// for the foreground forms of run() and exec(), which take over the signals
/// and the terminal of the caller while they wait.
class Runtime {
public:
    explicit Runtime(Settings settings) : settings_{std::move(settings)} {}

    /// Makes everything but starts nothing: init waits at the start gate.
    /// On an error nothing is left behind.
    [[nodiscard]] Result<State> create(const ContainerId& id, const CreateOptions& options) const;

    /// Lets init execute the user's program; returns once execve() succeeded.
    [[nodiscard]] Result<void> start(const ContainerId& id) const;

    /// create + start. In the foreground: the exit status of the process,
    /// 128+n if signal n ended it. Detached: 0.
    [[nodiscard]] Result<int> run(const ContainerId& id, const RunOptions& options) const;

    /// create + start by a monitor, which stays with the container: it keeps the log, hands the
    /// streams to who attaches, and records how it ends. Detached; on an error nothing is left.
    [[nodiscard]] Result<State> run_monitored(const ContainerId& id,
                                              const MonitorOptions& options) const;

    /// What a monitored container has said, line by line; followed until it has stopped.
    [[nodiscard]] Result<void> logs(const ContainerId& id, const LogsOptions& options,
                                    const LogSink& sink) const;

    /// Waits until the container has stopped: its exit code. 255 in an ending that nobody saw.
    [[nodiscard]] Result<Ending> wait(const ContainerId& id) const;

    /// The caller's streams become those of a monitored container, until it ends (its exit
    /// code) or Ctrl-P Ctrl-Q is typed on a terminal (0).
    [[nodiscard]] Result<int> attach(const ContainerId& id, const AttachOptions& options) const;

    /// A signal, patience, SIGKILL for all. A container that has stopped is a success.
    [[nodiscard]] Result<void> stop(const ContainerId& id, const StopOptions& options) const;

    /// One more process in a container; the result is as for run().
    [[nodiscard]] Result<int> exec(const ContainerId& id, const ExecOptions& options) const;

    [[nodiscard]] Result<State> state(const ContainerId& id) const;
    [[nodiscard]] Result<void> kill(const ContainerId& id, const KillOptions& options) const;

    /// Forced: also ends a running container, and an unknown id is no error.
    [[nodiscard]] Result<void> remove(const ContainerId& id, const DeleteOptions& options) const;

    /// Removes what a crash or a power cut has left of containers below the root: what was never
    /// completely created, cannot be read and has no process, or is of an earlier boot. What lives,
    /// has only stopped, or is busy stays. Fails only if the root cannot be read.
    [[nodiscard]] Result<std::vector<Remains>> gc(const GcOptions& options) const;

    /// Every container below the root; what cannot be read is skipped.
    [[nodiscard]] Result<std::vector<State>> list() const;

    /// The pids of all processes of the container, in the caller's pid namespace.
    [[nodiscard]] Result<std::vector<pid_t>> processes(const ContainerId& id) const;

    /// The same with what the kernel says of each; one that ends meanwhile is left out.
    [[nodiscard]] Result<std::vector<ProcessInfo>> process_details(const ContainerId& id) const;

    [[nodiscard]] Result<void> pause(const ContainerId& id) const;
    [[nodiscard]] Result<void> resume(const ContainerId& id) const;

    /// Changes limits of a container that was created and has not stopped. A value that is
    /// refused leaves all as it was. Options that ask for nothing are a success.
    [[nodiscard]] Result<void> update(const ContainerId& id, const UpdateOptions& options) const;

    /// What the container uses now. WrongStatus if it has stopped.
    [[nodiscard]] Result<Stats> stats(const ContainerId& id) const;

    /// Tells the sink what happens to the container, and returns when it has stopped. At once
    /// come Created or Paused, where it is so, and then Stats.
    [[nodiscard]] Result<void> events(const ContainerId& id, const EventsOptions& options,
                                      const EventSink& sink) const;

    /// Everything wrong with a bundle here, without running it: errors would stop create or
    /// start, warnings and infos would not. Fails only if the bundle cannot be read.
    [[nodiscard]] Result<std::vector<Finding>> validate(const ValidateOptions& options) const;

    /// What this build can do on this host.
    [[nodiscard]] static Features features();

    /// What this host and its caller can do, and what to do about what is missing. Takes
    /// some milliseconds: it asks the kernel, in child processes where that leaves traces.
    [[nodiscard]] Info info() const;

    /// The text of a valid config.json that runs a shell in a directory "rootfs".
    [[nodiscard]] static Result<std::string> spec_template(const SpecOptions& options);

private:
    Settings settings_;
};

}  // namespace oci
