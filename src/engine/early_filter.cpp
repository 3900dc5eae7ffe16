// SPDX-License-Identifier: Apache-2.0
#include "engine/early_filter.hpp"

#include <sys/syscall.h>

#include <algorithm>
#include <array>

#include "engine/load_filter.hpp"
#include "features/seccomp/permits.hpp"

namespace oci::engine {
namespace {

using kernel::SysResult;

/// From the clone to execve: of the intermediate, which ends, and of the process itself. What is
/// missing here is seen by test_entering, where a filter kills for it.
constexpr std::array<long, 20> calls{
    SYS_capget,       SYS_capset,  SYS_close,          SYS_close_range,   SYS_dup3,
    SYS_execve,       SYS_fcntl,   SYS_exit_group,     SYS_getgroups,     SYS_getresgid,
    SYS_getresuid,    SYS_ioctl,   SYS_ioprio_set,     SYS_prctl,         SYS_recvmsg,
    SYS_rt_sigaction, SYS_sendmsg, SYS_rt_sigprocmask, SYS_sched_setattr, SYS_setsid};

}  // namespace

bool can_confine_early(const Plan& plan) {
    const seccomp::Plan& filter = plan.process.seccomp;
    const bool holds_back = plan.process.credentials.retained != 0 && !plan.entry.joins_user;
    if (!holds_back || filter.has_listener()) return false;
    const std::uint64_t flags = kernel::clone_argument(plan.namespaces.clone_flags | CLONE_PARENT);
    if (!seccomp::permits(filter.program, {SYS_clone, flags})) return false;
    return std::ranges::all_of(calls, [&](long number) {
        return seccomp::permits(filter.program, {static_cast<std::uint32_t>(number)});
    });
}

SysResult<void> confine_early(Stage& stage) noexcept {
    ProcessPlan& process = stage.plan.process;
    OCI_TRY(credentials::finish(process.credentials, stage.progress));
    OCI_TRY(load_filter(process.seccomp, stage.channel, stage.progress));
    OCI_TRY(credentials::give_up_retained(process.credentials, stage.progress));
    // Inherited: not to be done again.
    process.credentials.retained = 0;
    process.seccomp.enabled = false;
    return {};
}

}  // namespace oci::engine
