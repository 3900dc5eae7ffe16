// SPDX-License-Identifier: Apache-2.0
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "engine/early_filter.hpp"
#include "engine/finish.hpp"
#include "engine/init.hpp"
#include "engine/protocol.hpp"
#include "kernel/credentials.hpp"
#include "kernel/limits.hpp"
#include "kernel/namespace.hpp"
#include "kernel/process.hpp"

namespace oci::engine {
namespace {

using kernel::SysResult;

[[noreturn]] void die(const Stage& stage, const char* step, kernel::SysError why) noexcept {
    report(stage, step, why);
    ::_exit(1);
}

/// All namespaces of a running container at once, by the pidfd of its init.
SysResult<void> join_container(const Entry& entry) noexcept {
    OCI_TRY(kernel::join_namespace(entry.init, entry.namespaces));
    if (!entry.joins_user) return {};
    // Ids of the host mean nothing here; where 0 is not mapped we stay who we are.
    (void)kernel::set_group(0);
    (void)kernel::set_user(0);
    return {};
}

/// The limit counts when a process is made by whom it counts for; the parent sets the child's.
void lift_process_limit(const rlimits::Plan& plan) noexcept {
    const auto is_it = [](const rlimits::Limit& limit) { return limit.resource == RLIMIT_NPROC; };
    if (std::ranges::none_of(plan.limits, is_it)) return;
    (void)kernel::set_resource_limit(0, RLIMIT_NPROC, RLIM_INFINITY, RLIM_INFINITY);
}

/// Whoever has CAP_SYS_PTRACE inside does with a process that is seen there what that one may do.
/// So nobody is seen there who has more: without a user namespace, more is a privilege of the host.
void become_user(Stage& stage) noexcept {
    lift_process_limit(stage.plan.process.rlimits);
    enter_container(stage);
    stage.root.reset();
    // The ids have changed, and with them what fs.suid_dumpable says.
    (void)kernel::set_dumpable(false);
    if (!stage.plan.entry.is_confined_early) return;
    const SysResult<void> confined = confine_early(stage);
    if (!confined) die(stage, "seccomp", confined.error());
}

/// The process that is seen in the container.
SysResult<kernel::Clone> make_process(const Plan& plan) noexcept {
    const std::uint64_t flags = plan.namespaces.clone_flags | CLONE_PARENT;
    return plan.entry.is_confined_early ? kernel::clone_by_flags(flags)
                                        : kernel::clone({.flags = flags});
}

}  // namespace

void run_intermediate(Plan& plan, UniqueFd channel, UniqueFd gate) noexcept {
    Stage stage{.plan = plan, .channel = channel};
    const SysResult<void> closed = close_foreign_fds(plan, channel, gate);
    if (!closed) die(stage, "file descriptors", closed.error());
    (void)kernel::set_umask(0);
    const bool enters = plan.entry.wanted;
    // What a process inside could reach through us by ptrace(2) is nothing but
    // this channel: all else is closed, and we are not dumpable.
    if (enters) (void)kernel::set_dumpable(false);
    // Needs /proc of the host, so it comes before joining anything.
    const SysResult<void> offset = timens::enter(plan.time, stage.progress);
    if (!offset) die(stage, "time namespace", offset.error());
    const SysResult<void> joined =
        enters ? join_container(plan.entry) : namespaces::join(plan.namespaces, stage.progress);
    if (!joined) die(stage, "namespaces", joined.error());
    plan.entry.init.reset();
    for (namespaces::Join& join : plan.namespaces.joins) join.fd.reset();
    if (enters && !plan.entry.joins_user) become_user(stage);

    auto init = make_process(plan);
    if (!init) die(stage, "clone", init.error());
    if (init.value().pid == 0) run_init(stage, std::move(channel), std::move(gate));
    // Unheard of, init would wait for its parent, and that for us.
    const auto told = send(channel, Message::of(MessageKind::Started), init.value().pidfd);
    if (!told) (void)kernel::send_signal(init.value().pidfd, SIGKILL);
    ::_exit(0);
}

}  // namespace oci::engine
