// SPDX-License-Identifier: Apache-2.0
#include <sched.h>
#include <unistd.h>

#include <csignal>

#include "engine/finish.hpp"
#include "engine/init.hpp"
#include "engine/protocol.hpp"
#include "kernel/credentials.hpp"
#include "kernel/namespace.hpp"
#include "kernel/process.hpp"

namespace oci::engine {
namespace {

using kernel::SysResult;

[[noreturn]] void die(FdView channel, const char* step, const Progress& progress,
                      kernel::SysError why) noexcept {
    (void)send(channel, Message::failed(step, progress.subject, why));  // nobody else to tell
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

}  // namespace

void run_intermediate(Plan& plan, UniqueFd channel, UniqueFd gate) noexcept {
    Progress progress;
    const SysResult<void> closed = close_foreign_fds(plan, channel, gate);
    if (!closed) die(channel, "file descriptors", progress, closed.error());
    const bool enters = plan.entry.wanted;
    // What a process inside could reach through us by ptrace(2) is nothing but
    // this channel: all else is closed, and we are not dumpable.
    if (enters) (void)kernel::set_dumpable(false);
    // Needs /proc of the host, so it comes before joining anything.
    const SysResult<void> offset = timens::enter(plan.time, progress);
    if (!offset) die(channel, "time namespace", progress, offset.error());
    const SysResult<void> joined =
        enters ? join_container(plan.entry) : namespaces::join(plan.namespaces, progress);
    if (!joined) die(channel, "namespaces", progress, joined.error());
    plan.entry.init.reset();
    for (namespaces::Join& join : plan.namespaces.joins) join.fd.reset();

    auto init = kernel::clone({.flags = plan.namespaces.clone_flags | CLONE_PARENT});
    if (!init) die(channel, "clone", progress, init.error());
    if (init.value().pid == 0) run_init(plan, std::move(channel), std::move(gate));
    // Unheard of, init would wait for its parent, and that for us.
    const auto told = send(channel, Message::of(MessageKind::Started), init.value().pidfd);
    if (!told) (void)kernel::send_signal(init.value().pidfd, SIGKILL);
    ::_exit(0);
}

}  // namespace oci::engine
