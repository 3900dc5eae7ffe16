// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sched.h>

#include <array>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/log.hpp"
#include "base/phase.hpp"
#include "base/text.hpp"
#include "commands/container.hpp"
#include "commands/create.hpp"
#include "commands/delivery.hpp"
#include "commands/exec_process.hpp"
#include "commands/out_of_memory.hpp"
#include "engine/early_filter.hpp"
#include "engine/foreground.hpp"
#include "engine/launch.hpp"
#include "kernel/files.hpp"
#include "kernel/proc_files.hpp"
#include "kernel/text_file.hpp"
#include "spec/read.hpp"

namespace oci {
namespace {

struct KnownNamespace {
    int flag;
    const char* name;
};
constexpr std::array known_namespaces{
    KnownNamespace{CLONE_NEWUSER, "user"},     KnownNamespace{CLONE_NEWNS, "mnt"},
    KnownNamespace{CLONE_NEWPID, "pid"},       KnownNamespace{CLONE_NEWNET, "net"},
    KnownNamespace{CLONE_NEWIPC, "ipc"},       KnownNamespace{CLONE_NEWUTS, "uts"},
    KnownNamespace{CLONE_NEWCGROUP, "cgroup"}, KnownNamespace{CLONE_NEWTIME, "time"},
};

/// Whether init lives in another namespace of this kind than we do.
bool differs(pid_t init, const char* name) {
    const std::string theirs = fmt::format("/proc/{}/ns/{}", init, name);
    const std::string ours = fmt::format("/proc/self/ns/{}", name);
    const auto one = kernel::status_behind(kernel::here, theirs.c_str());
    const auto other = kernel::status_behind(kernel::here, ours.c_str());
    return one && other && one.value().st_ino != other.value().st_ino;
}

Failure<Error> not_executable(const std::string& id, Status status) {
    const bool is_paused = status == Status::Paused;
    return with(
        fail(ErrorKind::WrongStatus, "cannot exec in a {} container: {}{}", name_of(status), id,
             is_paused ? "" : ": container not running"),
        {.phase = "status", .hint = is_paused ? "use --ignore-paused to wait for its resume" : ""});
}

Failure<Error> has_stopped(const commands::Container& container) {
    return not_executable(container.record.id, Status::Stopped);
}

/// What goes away while a container ends is no error of its own; that it was killed, is.
template <typename T>
Result<T> unless_it_ends(Result<T> made, const commands::Container& container) {
    constexpr Code killed{"init-killed"};
    if (made || made.error().kind != ErrorKind::System || made.error().code == killed.name())
        return made;
    const auto init = container::open_init(container.record.init);
    if (!init) return made;
    // Who takes the signal loses its root and its namespaces before it counts as ended.
    const auto looked = kernel::process_status(container.record.init.pid);
    const bool is_over = !init.value() || !looked || looked.value().is_ending;
    return is_over ? Result<T>{has_stopped(container)} : std::move(made);
}

Result<engine::Entry> entry_into(const commands::Container& container) {
    engine::Entry entry;
    entry.wanted = true;
    entry.init = OCI_TRY(container::open_init(container.record.init));
    if (!entry.init) return has_stopped(container);
    const pid_t pid = container.record.init.pid;
    for (const KnownNamespace& known : known_namespaces)
        if (differs(pid, known.name)) entry.namespaces |= known.flag;
    entry.joins_user = (entry.namespaces & CLONE_NEWUSER) != 0;
    if ((entry.namespaces & CLONE_NEWNS) == 0) {
        const std::string root = fmt::format("/proc/{}/root", pid);
        entry.root =
            OCI_TRY(explain(kernel::open_at(kernel::here, root.c_str(), O_PATH | O_DIRECTORY),
                            "cannot open the root of container {}", container.record.id));
    }
    return entry;
}

/// The container's cgroup (nothing), or init's own below it where the container was put or has
/// gone deeper, and processes in inner cgroups are not allowed.
Result<std::string> choose_cgroup(const commands::Container& container, const std::string& sub) {
    const cgroups::Location location = commands::location_of(container.record.cgroup);
    if (location.mount_point.empty() || !sub.empty()) return sub;
    const UniqueFd own = OCI_TRY(cgroups::open(location));
    const auto enabled = kernel::read_text(own, "cgroup.subtree_control", 4096);
    const bool is_inner = enabled && !trim(enabled.value()).empty();
    if (!is_inner && !cgroups::is_put_below(container.record.annotations)) return sub;
    const pid_t init = container.record.init.pid;
    const std::string path =
        OCI_TRY(explain(kernel::cgroup_of(init), "cannot find the cgroup of process {}", init));
    if (path.starts_with(location.path + "/")) return path.substr(location.path.size() + 1);
    return sub;
}

/// Where a user may not put a process, systemd does. One that stays outside is better than none:
/// the container's init is limited all the same.
Result<void> move_into_cgroup(const commands::Container& container, const std::string& sub,
                              pid_t process) {
    const auto attached =
        cgroups::attach(commands::location_of(container.record.cgroup), sub, process);
    if (!attached)
        log::warning("process {} is not in the container's cgroup: {}", process,
                     attached.error().message);
    return {};
}

/// Each process has a filter of its own, and so the agent a connection more.
std::string message_to_agent(const seccomp::Agent& agent, const commands::Container& container,
                             pid_t pid) {
    const State state = commands::state_of(container.record, container.status);
    return seccomp::container_process_state(agent.listener(), pid, engine::state_text(state).json);
}

struct Prepared {
    engine::Plan plan;
    std::string sub_cgroup;
    UniqueFd cgroup;
    bool terminal = false;
};

Result<Prepared> prepare_exec(const Settings& settings, const commands::Container& container,
                              const ExecOptions& options, const host::Facts& facts) {
    const std::string config =
        OCI_TRY(in_phase("state", container::read_config(container.directory.fd())));
    const Spec spec = OCI_TRY(in_phase("state", spec::read(config)));
    const Process process = OCI_TRY(in_phase("arguments", commands::exec_process(spec, options)));
    OCI_TRY(in_phase("arguments", commands::check_terminal(process.terminal, options.detach,
                                                           options.console_socket)));
    Prepared prepared;
    prepared.terminal = process.terminal;
    prepared.plan =
        OCI_TRY(in_phase("plan", engine::make_exec_plan(spec, process, facts, options)));
    prepared.plan.entry = OCI_TRY(in_phase("namespaces", entry_into(container)));
    OCI_TRY(in_phase("seccomp",
                     commands::prepare_filter(settings, spec, prepared.plan.process.seccomp)));
    prepared.plan.entry.is_confined_early = engine::can_confine_early(prepared.plan);
    prepared.sub_cgroup = OCI_TRY(in_phase("cgroup", choose_cgroup(container, options.cgroup)));
    prepared.cgroup =
        OCI_TRY(in_phase("cgroup", cgroups::open(commands::location_of(container.record.cgroup),
                                                 prepared.sub_cgroup)));
    return prepared;
}

Result<void> deliver(const ExecOptions& options, const engine::Launched& launched) {
    if (launched.terminal)
        OCI_TRY(commands::send_terminal(options.console_socket, launched.terminal));
    OCI_TRY(commands::send_pidfd(options.pidfd_socket, launched.process.pidfd()));
    return commands::write_pid_file(options.pid_file, launched.process.pid());
}

}  // namespace

Result<int> Runtime::exec(const ContainerId& id, const ExecOptions& options) const {
    inherited_fds::Plan inherited = OCI_TRY(
        in_phase("arguments", inherited_fds::prepare(options.preserve_fds, options.listen_fds)));
    std::optional<engine::Foreground> foreground;
    if (!options.detach) {
        engine::Foreground begun =
            OCI_TRY(in_phase("foreground", engine::Foreground::begin(/*reap_orphans=*/false)));
        foreground.emplace(std::move(begun));
    }
    const commands::Container container =
        OCI_TRY(commands::find(settings_, id, commands::Locked::No));
    const bool may_run = container.status == Status::Running ||
                         container.status == Status::Created ||
                         (container.status == Status::Paused && options.ignore_paused);
    if (!may_run) return not_executable(container.record.id, container.status);
    const host::Facts facts = host::measure();
    Prepared prepared =
        OCI_TRY(unless_it_ends(prepare_exec(settings_, container, options, facts), container));
    prepared.plan.process.inherited_fds = std::move(inherited);
    seccomp::Agent agent = OCI_TRY(
        in_phase("seccomp agent", seccomp::Agent::reach(prepared.plan.process.seccomp.listener)));
    const intel_rdt::Place rdt = commands::place_of(container.record.rdt);
    engine::Answers answers{
        .started = [&](pid_t pid) { return in_phase("resctrl", intel_rdt::add_process(rdt, pid)); },
        .run_hooks = {},
        .tell_agent =
            [&](pid_t pid, FdView listener) {
                return in_phase("seccomp agent",
                                agent.tell(message_to_agent(agent, container, pid), listener));
            }};
    if (!container.record.cgroup.unit.empty())
        answers.attach = [&](pid_t pid) {
            return move_into_cgroup(container, prepared.sub_cgroup, pid);
        };
    const cgroups::Location location = commands::location_of(container.record.cgroup);
    commands::OutOfMemoryWatch memory;
    if (!options.detach) memory = commands::OutOfMemoryWatch::begin(location);
    engine::Launched launched = OCI_TRY(unless_it_ends(
        engine::launch(prepared.plan, facts, prepared.cgroup, UniqueFd{}, answers), container));
    OCI_TRY(in_phase("deliver", deliver(options, launched)));
    if (options.detach) {
        (void)launched.process.release();  // it lives on, for the caller's subreaper
        return 0;
    }
    const kernel::Process process = std::move(launched.process);
    UniqueFd terminal = options.console_socket.empty() ? std::move(launched.terminal) : UniqueFd{};
    auto ended = in_phase("foreground",
                          foreground->stay(process, std::move(terminal), {}, memory.lookout()));
    if (ended) memory.tell(ended.value(), settings_, id);
    return ended;
}

}  // namespace oci
