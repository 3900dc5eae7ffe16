// SPDX-License-Identifier: Apache-2.0
#include "engine/launch.hpp"

#include <poll.h>
#include <sched.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include "base/advice.hpp"
#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/log.hpp"
#include "base/phase.hpp"
#include "engine/failure.hpp"
#include "engine/init.hpp"
#include "features/cgroups/processors.hpp"
#include "features/process/oom_score.hpp"
#include "kernel/proc_files.hpp"
#include "kernel/seccomp.hpp"
#include "kernel/signals.hpp"
#include "kernel/watch.hpp"

namespace oci::engine {
namespace {

/// It, or who speaks in its name, breaks the protocol.
Failure<Error> unruly(const char* what) {
    return with(fail(ErrorKind::System, "{}", what),
                {.code = "init-unruly",
                 .phase = "init",
                 .hint = "something in a namespace that is joined may have taken its place"});
}

/// Init died, or its parent cannot hear it any more.
Error lost(const kernel::Process& process) {
    const auto exit =
        in_phase("init", explain(kernel::wait_for_exit(process.pidfd()), "cannot wait for init"));
    return exit ? error_of(exit.value()) : exit.error();
}

/// Only a child of ours is waited for; it stays a child until then, and keeps its pid.
Result<kernel::Process> child_behind(UniqueFd pidfd) {
    const auto exit = kernel::peek_exit(pidfd);
    if (!exit) return unruly("another process spoke in the name of init");
    const pid_t pid = OCI_TRY(explain(kernel::pid_behind(pidfd), "cannot tell the pid of init"));
    return kernel::Process{pid, std::move(pidfd)};
}

/// The process under the filter waits for it; and ends, if it hears of our failure only
/// that this conversation is over.
Result<void> answer_listener(FdView channel, FdView listener, const TellAgent& tell_agent) {
    const auto is_one = kernel::require_seccomp_listener(listener);
    if (!tell_agent || !is_one) return unruly("init speaks of a seccomp agent out of turn");
    OCI_TRY(tell_agent(listener));
    return in_phase("init",
                    explain(send(channel, Message::of(MessageKind::Done)), "cannot speak to init"));
}

class Conversation {
public:
    Conversation(Plan& plan, const host::Facts& facts, const Answers& answers, UniqueFd channel,
                 FdView cgroup, bool is_outside)
        : plan_{plan},
          facts_{facts},
          answers_{answers},
          channel_{std::move(channel)},
          cgroup_{cgroup},
          is_outside_{is_outside} {}

    Result<Launched> hold(kernel::Process first) {
        Launched launched{std::move(first), {}, {}};
        if (plan_.namespaces.needs_intermediate || plan_.entry.wanted)
            launched.process = OCI_TRY(meet_init(std::move(launched.process), launched.terminal));
        OCI_TRY(set_up(launched));
        bool ran_hooks = false;
        bool has_scheduled = false;
        for (;;) {
            Received received = OCI_TRY(hear());
            const Message& message = received.message;
            switch (message.kind) {
                case MessageKind::RunHooks:
                    if (!answers_.run_hooks || std::exchange(ran_hooks, true))
                        return unruly("init asked for hooks out of turn");
                    OCI_TRY(answers_.run_hooks(launched.process.pid()));
                    OCI_TRY(say(MessageKind::Done));
                    continue;
                case MessageKind::Schedule:
                    if (std::exchange(has_scheduled, true))
                        return unruly("init asked for its scheduler out of turn");
                    OCI_TRY(schedule(launched.process.pid()));
                    continue;
                case MessageKind::Terminal:
                    launched.terminal = std::move(received.passenger);
                    continue;
                case MessageKind::Ready:
                    if (plan_.entry.wanted) OCI_TRY(hear_execution(launched.process.pid()));
                    return launched;
                case MessageKind::Failed: return Failure{error_of(message)};
                case MessageKind::Closed: return Failure{lost(launched.process)};
                case MessageKind::Started:
                case MessageKind::Listener:
                case MessageKind::Go:
                case MessageKind::Done: break;
            }
            return unruly("init said what it may not say now");
        }
    }

private:
    Result<Received> hear() {
        const auto spoke = kernel::wait_readable_unless(channel_, answers_.stop, -1);
        if (!spoke && spoke.error().code == EINTR)
            return with(fail(ErrorKind::System, "interrupted by a signal to the runtime"),
                        {.code = "interrupted", .phase = "init"});
        return in_phase("init", explain(receive(channel_), "cannot hear init"));
    }

    Result<void> say(MessageKind kind) {
        return in_phase("init", explain(send(channel_, Message::of(kind)), "cannot speak to init"));
    }

    /// As long as the intermediate lives: were it killed before it spoke, init, which has the
    /// channel too, would wait for us as we for it.
    Result<Received> hear_of_init(const kernel::Process& intermediate) {
        std::array wanted{pollfd{channel_.get(), POLLIN, 0},
                          pollfd{intermediate.pidfd().get(), POLLIN, 0},
                          pollfd{answers_.stop.get(), POLLIN, 0}};
        OCI_TRY(in_phase("init", explain(kernel::wait_for_any(wanted, -1), "cannot hear init")));
        const bool has_ended = wanted[1].revents != 0;
        const bool is_woken = !has_ended && wanted[0].revents == 0 && wanted[2].revents == 0;
        if (is_woken) return hear_of_init(intermediate);  // by a signal
        if (!has_ended) return hear();
        // What it said before it ended may have come after the look at the channel.
        const bool spoke = OCI_TRY(
            in_phase("init", explain(kernel::wait_readable(channel_, 0), "cannot hear init")));
        if (!spoke) return Failure{lost(intermediate)};
        return hear();
    }

    /// By way of the intermediate, which is reaped here.
    Result<kernel::Process> meet_init(kernel::Process intermediate, UniqueFd& terminal) {
        Received received = OCI_TRY(hear_of_init(intermediate));
        if (received.message.kind == MessageKind::Terminal) {
            terminal = std::move(received.passenger);
            received = OCI_TRY(hear_of_init(intermediate));
        }
        if (received.message.kind == MessageKind::Failed)
            return Failure{error_of(received.message)};
        if (received.message.kind != MessageKind::Started) return Failure{lost(intermediate)};
        kernel::Process init = OCI_TRY(child_behind(std::move(received.passenger)));
        OCI_TRY(explain(kernel::wait_for_exit(intermediate.pidfd()),
                        "cannot wait for the intermediate process"));
        (void)intermediate.release();  // reaped: nothing left to kill
        return init;
    }

    Result<void> set_up(Launched& launched) {
        const pid_t pid = launched.process.pid();
        if (is_outside_) OCI_TRY(answers_.attach(pid));
        if (answers_.started) OCI_TRY(answers_.started(pid));
        OCI_TRY(in_phase("user namespace", user::prepare_child(plan_.user, pid)));
        launched.net_devices = OCI_TRY(
            in_phase("network devices", net_devices::prepare_child(plan_.net_devices, pid)));
        OCI_TRY(in_phase("rlimits", rlimits::prepare_child(plan_.process.rlimits, pid, facts_)));
        OCI_TRY(in_phase("oom score",
                         oom_score::prepare_child(plan_.process.oom_score_adj, pid, facts_)));
        return say(MessageKind::Go);
    }

    Result<void> set_scheduler(pid_t pid) {
        const scheduler::Plan& plan = plan_.process.scheduler;
        const bool is_alone = !plan_.entry.wanted;  // in its cgroup
        if (!scheduler::needs_all_processors(plan) || !is_alone)
            return scheduler::prepare_child(plan, pid);
        auto lent = OCI_TRY(explain(cgroups::LentProcessors::lend(cgroup_),
                                    "cannot lend processors for /process/scheduler"));
        OCI_TRY(scheduler::prepare_child(plan, pid));
        return explain(lent.give_back(), "cannot set /linux/resources/cpu/cpus again");
    }

    /// Where init was refused: with our privileges, or else with an explanation.
    Result<void> schedule(pid_t pid) {
        OCI_TRY(in_phase("scheduler", io_priority::prepare_child(plan_.process.io_priority, pid)));
        OCI_TRY(in_phase("scheduler", set_scheduler(pid)));
        return say(MessageKind::Done);
    }

    /// A further process: the channel closes with execve.
    Result<void> hear_execution(pid_t pid) {
        TellAgent tell_agent;
        if (answers_.tell_agent)
            tell_agent = [&](FdView listener) { return answers_.tell_agent(pid, listener); };
        for (;;) {
            const Received received = OCI_TRY(hear());
            if (received.message.kind == MessageKind::Failed)
                return Failure{error_of(received.message)};
            if (received.message.kind != MessageKind::Listener) return {};
            OCI_TRY(answer_listener(channel_, received.passenger, tell_agent));
            tell_agent = {};  // one process, one filter
        }
    }

    Plan& plan_;
    const host::Facts& facts_;
    const Answers& answers_;
    UniqueFd channel_;
    FdView cgroup_;
    bool is_outside_;  ///< Of the cgroup, where init should be.
};

/// A user may move processes below what is delegated to them, but not into it.
bool is_forbidden(const kernel::SysError& error) noexcept {
    return error.code == EACCES || error.code == EPERM || error.code == ENOENT;
}

/// All signals blocked around the clone, so that init meets none before it has
/// put its dispositions in order.
class BlockedSignals {
public:
    BlockedSignals() {
        auto before = kernel::set_signal_mask(kernel::all_signals());
        if (before) before_ = before.value();
    }
    BlockedSignals(const BlockedSignals&) = delete;
    BlockedSignals& operator=(const BlockedSignals&) = delete;
    BlockedSignals(BlockedSignals&&) = delete;
    BlockedSignals& operator=(BlockedSignals&&) = delete;
    ~BlockedSignals() { (void)kernel::set_signal_mask(before_); }  // was in force before

private:
    sigset_t before_ = kernel::no_signals();
};

/// What a caller without rights over its own namespaces should have asked for.
std::string hint_for_namespaces(std::uint64_t flags, int number) {
    const bool has_user = (flags & CLONE_NEWUSER) != 0;
    if (number != EPERM || flags == 0 || has_user) return {};
    return "without CAP_SYS_ADMIN these namespaces take a user namespace in /linux/namespaces; "
           "see \"oci-rt spec --rootless\"";
}

Result<kernel::Clone> explain_clone(kernel::SysResult<kernel::Clone> made, std::uint64_t flags) {
    auto cloned = explain(std::move(made), "cannot make the container's first process");
    if (cloned) return cloned;
    Failure<Error> failure{std::move(cloned).error()};
    const int number = failure.error.number;
    failure = with(std::move(failure), {.phase = "clone",
                                        .pointer = flags == 0 ? "" : "/linux/namespaces",
                                        .hint = hint_for_namespaces(flags, number)});
    advise(failure.error, "clone3");
    return failure;
}

}  // namespace

Result<void> prepare(Plan& plan, const host::Facts&) {
    OCI_TRY(in_phase("namespaces", namespaces::prepare(plan.namespaces)));
    OCI_TRY(in_phase("network devices", net_devices::prepare(plan.net_devices)));
    OCI_TRY(in_phase("rootfs", rootfs::prepare(plan.rootfs)));
    OCI_TRY(in_phase("mounts", mounts::prepare(plan.mounts)));
    OCI_TRY(in_phase("devices", devices::prepare(plan.devices)));
    OCI_TRY(in_phase("sysctl", sysctl::prepare(plan.sysctl)));
    OCI_TRY(in_phase("hooks", hooks::prepare_output(plan.hooks)));
    return {};
}

Result<Launched> launch(Plan& plan, const host::Facts& facts, FdView cgroup, UniqueFd gate,
                        const Answers& answers) {
    OCI_TRY(in_phase("mounts", mounts::prepare_cgroup(plan.mounts)));
    kernel::SocketPair channel = OCI_TRY(in_phase(
        "clone", explain(kernel::packet_socket_pair(), "cannot make the channel to init")));
    const bool hops = plan.namespaces.needs_intermediate || plan.entry.wanted;
    const std::uint64_t flags = hops ? 0 : plan.namespaces.clone_flags;
    kernel::Clone child;
    bool is_outside = false;
    {
        const cpu_affinity::Borrowed initial =
            OCI_TRY(in_phase("CPU affinity", cpu_affinity::prepare(plan.process.cpu_affinity)));
        const BlockedSignals blocked;
        auto made = kernel::clone({.flags = flags, .cgroup = cgroup.get()});
        is_outside = !made && cgroup.get() >= 0 && answers.attach && is_forbidden(made.error());
        if (is_outside) made = kernel::clone({.flags = flags});
        child = OCI_TRY(explain_clone(std::move(made), flags));
        if (child.pid == 0) {
            channel.first.reset();
            if (hops) run_intermediate(plan, std::move(channel.second), std::move(gate));
            run_init(plan, std::move(channel.second), std::move(gate));
        }
    }
    channel.second.reset();
    gate.reset();
    Conversation conversation{plan, facts, answers, std::move(channel.first), cgroup, is_outside};
    return conversation.hold(kernel::Process{child.pid, std::move(child.pidfd)});
}

Result<void> pass_start_gate(FdView connection, const std::string& id,
                             const TellAgent& tell_agent) {
    auto said = send(connection, Message::of(MessageKind::Go));
    // It has died, of which receive() tells in the same words whenever it was.
    const bool is_gone = !said && (said.error().code == EPIPE || said.error().code == ECONNRESET);
    if (is_gone) said = {};
    OCI_TRY(in_phase("init", explain(said, "cannot start container {}", id)));
    bool was_ready = false;
    for (;;) {
        const Received received = OCI_TRY(
            in_phase("init", explain(receive(connection), "cannot hear init of container {}", id)));
        if (received.message.kind == MessageKind::Failed)
            return Failure{error_of(received.message)};
        if (received.message.kind == MessageKind::Ready) {
            was_ready = true;
            continue;
        }
        if (received.message.kind == MessageKind::Listener) {
            OCI_TRY(answer_listener(connection, received.passenger, tell_agent));
            continue;
        }
        if (was_ready) return {};  // the connection closed with execve
        return with(fail(ErrorKind::System, "container {} died while it was started", id),
                    {.code = "init-lost", .phase = "init"});
    }
}

}  // namespace oci::engine
