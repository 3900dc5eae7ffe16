// SPDX-License-Identifier: Apache-2.0
#include "features/process/scheduler.hpp"

#include <linux/sched.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/words.hpp"

namespace oci::scheduler {
namespace {

constexpr std::array<std::pair<SchedulerFlag, std::uint64_t>, 7> flags{{
    {SchedulerFlag::ResetOnFork, SCHED_FLAG_RESET_ON_FORK},
    {SchedulerFlag::Reclaim, SCHED_FLAG_RECLAIM},
    {SchedulerFlag::DeadlineOverrun, SCHED_FLAG_DL_OVERRUN},
    {SchedulerFlag::KeepPolicy, SCHED_FLAG_KEEP_POLICY},
    {SchedulerFlag::KeepParameters, SCHED_FLAG_KEEP_PARAMS},
    {SchedulerFlag::UtilClampMinimum, SCHED_FLAG_UTIL_CLAMP_MIN},
    {SchedulerFlag::UtilClampMaximum, SCHED_FLAG_UTIL_CLAMP_MAX},
}};

/// sched_setattr(2): back to the default of the system. Zero would be a clamp, the lowest.
constexpr std::uint32_t no_clamp = ~std::uint32_t{0};

Result<std::uint32_t> number_of(SchedulerPolicy policy) {
    switch (policy) {
        case SchedulerPolicy::Other: return std::uint32_t{SCHED_NORMAL};
        case SchedulerPolicy::Fifo: return std::uint32_t{SCHED_FIFO};
        case SchedulerPolicy::RoundRobin: return std::uint32_t{SCHED_RR};
        case SchedulerPolicy::Batch: return std::uint32_t{SCHED_BATCH};
        case SchedulerPolicy::Idle: return std::uint32_t{SCHED_IDLE};
        case SchedulerPolicy::Deadline: return std::uint32_t{SCHED_DEADLINE};
        case SchedulerPolicy::Iso: break;
    }
    return fail(ErrorKind::Unsupported,
                "/process/scheduler/policy: SCHED_ISO is not supported: no kernel has it");
}

std::uint64_t number_of(const std::vector<SchedulerFlag>& wanted) {
    std::uint64_t number = 0;
    for (const auto& [flag, bit] : flags)
        if (std::ranges::count(wanted, flag) != 0) number |= bit;
    return number;
}

/// What of the spec makes the container's processors fewer than the machine's.
std::string cpuset_of(const Spec& spec) {
    const Resources& resources = spec.linux_section.resources;
    if (!resources.cpu.cpus.empty())
        return fmt::format("/linux/resources/cpu/cpus \"{}\"", resources.cpu.cpus);
    for (const auto& [file, value] : resources.unified)
        if (file == "cpuset.cpus" || file == "cpuset.cpus.exclusive")
            return fmt::format("/linux/resources/unified/{} \"{}\"", file, value);
    return {};
}

bool is_real_time(std::uint32_t policy) noexcept {
    return policy == SCHED_FIFO || policy == SCHED_RR;
}

bool may_fork(const Plan& plan) noexcept {
    return plan.attributes.policy != SCHED_DEADLINE ||
           (plan.attributes.flags & SCHED_FLAG_RESET_ON_FORK) != 0;
}

bool is_in_the_way_of_deadlines(const Plan& plan, int code) noexcept {
    return plan.attributes.policy == SCHED_DEADLINE && (code == EPERM || code == EBUSY) &&
           !plan.cpuset.empty();
}

std::string conflict(const Plan& plan, int code) {
    if (!is_in_the_way_of_deadlines(plan, code)) return {};
    return fmt::format(
        ": process scheduler can't be used together with AllowedCPUs: SCHED_DEADLINE wants every "
        "processor of its root domain, and {} takes some away",
        plan.cpuset);
}

/// What the kernel may have meant; it has one number for many reasons.
std::string hint(const Plan& plan, int code) {
    const bool is_deadline = plan.attributes.policy == SCHED_DEADLINE;
    if (is_in_the_way_of_deadlines(plan, code))
        return "give the cgroup a domain of its own: \"cpuset.cpus.partition\" \"root\" in "
               "/linux/resources/unified";
    if (is_deadline && code == EPERM)
        return "SCHED_DEADLINE needs CAP_SYS_NICE on the host and every processor of its root "
               "domain (is there a cpuset, or a CPU affinity?)";
    if (is_deadline && code == EBUSY)
        return "the deadlines that are there already leave too little time for this runtime";
    if (is_deadline && code == EINVAL)
        return "the period must be within /proc/sys/kernel/sched_deadline_period_{min,max}_us";
    if (is_real_time(plan.attributes.policy) && code == EPERM)
        return "a real-time policy needs CAP_SYS_NICE on the host or RLIMIT_RTPRIO, and a cgroup "
               "that has real-time bandwidth";
    if (code == EPERM) return "it needs CAP_SYS_NICE on the host, or RLIMIT_NICE";
    if (code == EOPNOTSUPP) return "this kernel has no utilization clamping";
    return {};
}

}  // namespace

Result<Plan> plan(const Process& process, const Spec& spec) {
    if (!process.scheduler) return Plan{};
    const Scheduler& wanted = *process.scheduler;
    Plan plan;
    plan.is_wanted = true;
    plan.attributes.policy = OCI_TRY(number_of(wanted.policy));
    plan.attributes.flags = number_of(wanted.flags);
    plan.attributes.nice = wanted.nice;
    plan.attributes.priority = static_cast<std::uint32_t>(wanted.priority);
    plan.attributes.runtime = wanted.runtime;
    plan.attributes.deadline = wanted.deadline;
    plan.attributes.period = wanted.period;
    plan.attributes.utilization_minimum = no_clamp;
    plan.attributes.utilization_maximum = no_clamp;
    plan.cpuset = cpuset_of(spec);
    return plan;
}

Result<void> check_hooks(const Plan& plan, const Hooks& hooks) {
    if (may_fork(plan) || hooks.start_container.empty()) return {};
    return fail(ErrorKind::InvalidConfig,
                "/process/scheduler: /hooks/startContainer cannot be run: a SCHED_DEADLINE process "
                "forks only with SCHED_FLAG_RESET_ON_FORK");
}

Result<void> check_agent(const Plan& plan, bool has_listener) {
    if (may_fork(plan) || !has_listener) return {};
    return fail(ErrorKind::InvalidConfig,
                "/process/scheduler: the agent of /linux/seccomp/listenerPath cannot be told: a "
                "SCHED_DEADLINE process makes a thread only with SCHED_FLAG_RESET_ON_FORK");
}

bool needs_all_processors(const Plan& plan) noexcept {
    return plan.is_wanted && plan.attributes.policy == SCHED_DEADLINE && !plan.cpuset.empty();
}

kernel::SysResult<void> enter(const Plan& plan, Progress& progress) noexcept {
    if (!plan.is_wanted) return {};
    progress.subject = "/process/scheduler";
    return kernel::set_scheduler(0, plan.attributes);
}

Result<void> prepare_child(const Plan& plan, pid_t pid) {
    if (!plan.is_wanted) return {};
    const auto set = kernel::set_scheduler(pid, plan.attributes);
    if (set) return {};
    const int code = set.error().code;
    return with(explain(set, "cannot set /process/scheduler{}", conflict(plan, code)),
                {.pointer = "/process/scheduler", .hint = hint(plan, code)});
}

}  // namespace oci::scheduler
