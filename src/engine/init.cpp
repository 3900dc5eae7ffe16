// SPDX-License-Identifier: Apache-2.0
#include "engine/init.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <span>

#include "engine/finish.hpp"
#include "engine/protocol.hpp"
#include "engine/steps.hpp"
#include "kernel/files.hpp"
#include "kernel/namespace.hpp"
#include "kernel/process.hpp"
#include "kernel/signals.hpp"
#include "kernel/socket.hpp"

namespace oci::engine {
namespace {

using kernel::SysResult;

// ---- steps that need more than a part of the plan ---------------------------------

SysResult<void> new_session(Stage&) noexcept { return kernel::new_session(); }

SysResult<void> open_root(Stage& stage) noexcept {
    stage.root = OCI_TRY(rootfs::enter(stage.plan.rootfs, stage.progress));
    return {};
}

SysResult<void> make_mounts(Stage& stage) noexcept {
    return mounts::enter(stage.plan.mounts, stage.root, stage.progress);
}

/// Hooks of the runtime namespace are run by the parent, while the mounts stand
/// and the root is not yet changed.
SysResult<void> ask_for_runtime_hooks(Stage& stage) noexcept {
    const hooks::Plan& plan = stage.plan.hooks;
    if (plan.prestart.empty() && plan.create_runtime.empty()) return {};
    OCI_TRY(send(stage.channel, Message::of(MessageKind::RunHooks)));
    const Received answer = OCI_TRY(receive(stage.channel));
    // The parent knows why, and says it; init only has to end.
    if (answer.message.kind != MessageKind::Done) return kernel::refuse(ECANCELED, "hooks");
    return {};
}

SysResult<void> run_container_hooks(Stage& stage) noexcept {
    return run_hooks_in_init(stage.plan.hooks.create_container, stage.plan.creating,
                             stage.plan.bundle.c_str(), {.files = &stage.plan.hooks.output_files},
                             stage);
}

/// The master goes to the parent.
SysResult<void> open_terminal(Stage& stage) noexcept {
    const console::Plan& plan = stage.plan.process.console;
    if (!plan.terminal) return {};
    console::Terminal terminal = OCI_TRY(console::open(plan, stage.root, stage.progress));
    const bool is_init = !stage.plan.entry.wanted;
    if (is_init) OCI_TRY(console::attach(plan, stage.root, terminal.slave, stage.progress));
    OCI_TRY(send(stage.channel, Message::of(MessageKind::Terminal), terminal.master));
    stage.terminal = std::move(terminal.slave);
    return {};
}

/// It becomes standard input, output and error of the session that this process leads.
SysResult<void> take_terminal(Stage& stage) noexcept {
    if (!stage.terminal) return {};
    OCI_TRY(console::take_over(stage.terminal, stage.progress));
    stage.terminal.reset();
    return {};
}

/// The root of a further process is where joining the mount namespace has put it,
/// or the container's own where it has none.
SysResult<void> enter_root(Stage& stage) noexcept {
    const UniqueFd& given = stage.plan.entry.root;
    if (given) {
        OCI_TRY(kernel::change_directory(given));
        OCI_TRY(kernel::change_root("."));
    }
    stage.root = OCI_TRY(kernel::open_at(kernel::here, "/", O_PATH | O_DIRECTORY));
    return {};
}

/// What takes a privilege of the host, which root of a user namespace has not, the
/// parent does; it also knows to explain why the kernel refuses.
SysResult<void> schedule(Stage& stage) noexcept {
    const ProcessPlan& plan = stage.plan.process;
    const auto prioritised = io_priority::enter(plan.io_priority, stage.progress);
    if (prioritised && scheduler::enter(plan.scheduler, stage.progress)) return {};
    OCI_TRY(send(stage.channel, Message::of(MessageKind::Schedule)));
    const Received answer = OCI_TRY(receive(stage.channel));
    if (answer.message.kind != MessageKind::Done) return kernel::refuse(ECANCELED, "scheduler");
    return {};
}

SysResult<void> set_credentials(Stage& stage) noexcept {
    ProcessPlan& process = stage.plan.process;
    return credentials::enter(process.credentials, stage.progress);
}

SysResult<void> find_program(Stage& stage) noexcept {
    arguments::Plan& plan = stage.plan.process.arguments;
    if (plan.candidates.empty()) return {};  // no process yet: start will say so
    OCI_TRY(arguments::find_home(plan, stage.root, stage.plan.process.credentials.uid));
    return arguments::find_program(plan, stage.progress);
}

/// The working directory is made while the root can still be written to.
SysResult<void> make_directory(Stage& stage) noexcept {
    working_directory::make_missing(stage.plan.process.working_directory, stage.root);
    return {};
}

SysResult<void> set_directory(Stage& stage) noexcept {
    stage.has_directory = OCI_TRY(working_directory::try_enter(stage.plan.process.working_directory,
                                                               stage.root, stage.progress));
    return {};
}

/// Where even root was denied, its owner is not.
SysResult<void> set_directory_as_user(Stage& stage) noexcept {
    if (stage.has_directory) return {};
    return working_directory::enter(stage.plan.process.working_directory, stage.root,
                                    stage.progress);
}

// ---- the tables ----------------------------------------------------------------------

/// The order is the design: each step needs what the one before it left.
constexpr std::array create_steps{
    Step{"session", new_session},
    step<&ProcessPlan::cpu_affinity, cpu_affinity::enter>("CPU affinity"),
    step<&ProcessPlan::keyring, keyring::enter>("session keyring"),
    step<&Plan::user, user::become_root>("user namespace"),
    step<&Plan::namespaces, namespaces::enter_cgroup>("cgroup namespace"),
    step<&Plan::network, network::enter>("network"),
    step<&Plan::uts, uts::enter>("hostname"),
    Step{"rootfs", open_root},
    Step{"mounts", make_mounts},
    step_in_root<&Plan::devices, devices::enter>("devices"),
    Step{"hooks", ask_for_runtime_hooks},
    Step{"createContainer", run_container_hooks},
    step_in_root<&Plan::rootfs, rootfs::pivot>("pivot_root"),
    // Before sysctl: mounting is over, and nothing of the container has run yet.
    Step{"terminal", open_terminal},
    Step{"terminal", take_terminal},
    step<&Plan::sysctl, sysctl::enter>("sysctl"),
    step_in_root<&Plan::masks, masks::enter>("masked and read-only paths"),
    Step{"cwd", make_directory},
    step_in_root<&Plan::mounts, mounts::finish>("mounts"),
    step_in_root<&Plan::rootfs, rootfs::finish>("rootfs"),
};

constexpr std::array exec_steps{
    step<&ProcessPlan::cpu_affinity, cpu_affinity::enter>("CPU affinity"),
    step<&ProcessPlan::keyring, keyring::enter>("session keyring"),
    Step{"rootfs", enter_root},
    Step{"terminal", open_terminal},
    Step{"cwd", make_directory},
};

/// What any process of the container goes on with, once it is where it shall be.
constexpr std::array place_steps{
    Step{"cwd", set_directory},
    step<&ProcessPlan::memory_policy, memory_policy::enter>("memory policy"),
    step<&ProcessPlan::personality, personality::enter>("personality"),
};

/// After the hooks, which it is not for, and before the ids change: an owner may do more.
constexpr std::array schedule_steps{Step{"scheduler", schedule}};

constexpr std::array identity_steps{
    step<&ProcessPlan::labels, labels::enter>("label"),
    Step{"credentials", set_credentials},
    Step{"cwd", set_directory_as_user},
    Step{"exec", find_program},
};

/// What a further process can do but for itself.
constexpr std::array own_steps{
    Step{"session", new_session},
    Step{"terminal", take_terminal},
};

// ---- the life of init ------------------------------------------------------------------

/// Waits for the parent's word that ids, limits and hooks are set up.
void wait_for_go(FdView channel) noexcept {
    const auto received = receive(channel);
    if (!received || received.value().message.kind != MessageKind::Go) ::_exit(1);
}

void run_steps(std::span<const Step> steps, Stage& stage) noexcept {
    for (const Step& step : steps) {
        stage.progress = {};
        const SysResult<void> done = step.run(stage);
        if (done) continue;
        report(stage, step.name, done.error());
        ::_exit(1);
    }
}

/// The connection of `start`. If it dies before it says Go, the container is no
/// longer created and cannot be started again: the gate is gone.
UniqueFd wait_at_gate(FdView gate) noexcept {
    auto connection = kernel::accept_connection(gate);
    if (!connection) ::_exit(1);
    const auto received = receive(connection.value());
    const bool may_go = received && received.value().message.kind == MessageKind::Go;
    if (!may_go) ::_exit(1);
    return std::move(connection).value();
}

void create_container(Stage& stage) noexcept {
    run_steps(create_steps, stage);
    run_steps(place_steps, stage);
    run_steps(schedule_steps, stage);
    run_steps(identity_steps, stage);
}

/// In a user namespace that is joined all is done here: nothing of it is a privilege of the host,
/// and of the labels procfs tells those alone that are in its pid namespace.
void go_on_in_container(Stage& stage) noexcept {
    const bool joins_user = stage.plan.entry.joins_user;
    if (joins_user) {
        run_steps(exec_steps, stage);
        run_steps(place_steps, stage);
    }
    run_steps(schedule_steps, stage);
    if (joins_user) run_steps(identity_steps, stage);
    run_steps(own_steps, stage);
}

}  // namespace

void enter_container(Stage& stage) noexcept {
    run_steps(exec_steps, stage);
    run_steps(place_steps, stage);
    run_steps(identity_steps, stage);
}

void run_init(Stage& stage, UniqueFd channel, UniqueFd gate) noexcept {
    wait_for_go(channel);
    (void)kernel::set_dumpable(false);                    // always succeeds
    (void)kernel::set_signal_mask(kernel::no_signals());  // as does this
    kernel::reset_dispositions();
    const bool is_create = !stage.plan.entry.wanted;
    if (is_create)
        create_container(stage);
    else
        go_on_in_container(stage);
    stage.root.reset();
    if (is_create) {
        // Unheard we would be waited for; and without its creator no container is complete.
        if (!send(channel, Message::of(MessageKind::Ready))) ::_exit(1);
        channel = wait_at_gate(gate);
        gate.reset();
        stage.channel = channel;
    }
    finish(stage);
}

void run_init(Plan& plan, UniqueFd channel, UniqueFd gate) noexcept {
    Stage stage{.plan = plan, .channel = channel};
    // Among them is the lock of the container: who keeps it blocks every later command.
    const SysResult<void> closed = close_foreign_fds(plan, channel, gate);
    if (!closed) {
        report(stage, "file descriptors", closed.error());
        ::_exit(1);
    }
    (void)kernel::set_umask(0);
    run_init(stage, std::move(channel), std::move(gate));
}

}  // namespace oci::engine
