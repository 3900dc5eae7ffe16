// SPDX-License-Identifier: Apache-2.0
//
// When and where a process runs: scheduler, ioPriority, execCPUAffinity.
#include <algorithm>

#include "base/explain.hpp"
#include "base/index_list.hpp"
#include "base/words.hpp"
#include "spec/validate.hpp"

namespace oci::spec {
namespace {

constexpr int lowest_nice = 19;
constexpr int highest_nice = -20;
constexpr int highest_real_time = 99;

bool uses_nice(SchedulerPolicy policy) noexcept {
    return policy == SchedulerPolicy::Other || policy == SchedulerPolicy::Batch;
}

bool uses_priority(SchedulerPolicy policy) noexcept {
    return policy == SchedulerPolicy::Fifo || policy == SchedulerPolicy::RoundRobin;
}

Result<void> check_nice(const Scheduler& scheduler, std::string_view at) {
    if (scheduler.nice < highest_nice || scheduler.nice > lowest_nice)
        return fail(ErrorKind::InvalidConfig, "{}/nice: must be from {} to {}", at, highest_nice,
                    lowest_nice);
    if (scheduler.nice != 0 && !uses_nice(scheduler.policy))
        return fail(ErrorKind::InvalidConfig, "{}/nice: {} does not use it", at,
                    name_of_value(words::scheduler_policies, scheduler.policy));
    return {};
}

Result<void> check_priority(const Scheduler& scheduler, std::string_view at) {
    const bool is_used = uses_priority(scheduler.policy);
    if (!is_used && scheduler.priority != 0)
        return fail(ErrorKind::InvalidConfig,
                    "{}/priority: {} does not use it (SCHED_FIFO and SCHED_RR do)", at,
                    name_of_value(words::scheduler_policies, scheduler.policy));
    if (is_used && (scheduler.priority < 1 || scheduler.priority > highest_real_time))
        return fail(ErrorKind::InvalidConfig, "{}/priority: must be from 1 to {} for {}", at,
                    highest_real_time, name_of_value(words::scheduler_policies, scheduler.policy));
    return {};
}

/// sched(7): runtime <= deadline <= period, where a period of 0 is the deadline.
Result<void> check_deadline(const Scheduler& scheduler, std::string_view at) {
    const bool has_times =
        scheduler.runtime != 0 || scheduler.deadline != 0 || scheduler.period != 0;
    if (scheduler.policy != SchedulerPolicy::Deadline) {
        if (!has_times) return {};
        return fail(ErrorKind::InvalidConfig,
                    "{}: runtime, deadline and period are for SCHED_DEADLINE only", at);
    }
    constexpr std::uint64_t shortest_runtime = 1024;  // nanoseconds, sched_setattr(2)
    if (scheduler.runtime < shortest_runtime)
        return fail(ErrorKind::InvalidConfig, "{}/runtime: must be at least {} nanoseconds", at,
                    shortest_runtime);
    if (scheduler.runtime > scheduler.deadline)
        return fail(ErrorKind::InvalidConfig, "{}/runtime: must not be above deadline ({} > {})",
                    at, scheduler.runtime, scheduler.deadline);
    if (scheduler.period != 0 && scheduler.deadline > scheduler.period)
        return fail(ErrorKind::InvalidConfig, "{}/deadline: must not be above period ({} > {})", at,
                    scheduler.deadline, scheduler.period);
    return {};
}

Result<void> check_processors(const std::string& text, std::string_view at) {
    if (text.empty()) return {};
    const auto ranges = parse_index_list(text);
    if (!ranges || ranges->empty())
        return fail(ErrorKind::InvalidConfig,
                    "{}: must be a list of processors like \"0-3,7\" (none above {})", at,
                    largest_index);
    return {};
}

Result<void> check_io_priority(const IoPriority& priority, std::string_view at) {
    constexpr std::int32_t lowest = 7;
    if (priority.priority < 0 || priority.priority > lowest)
        return fail(ErrorKind::InvalidConfig, "{}/ioPriority/priority: must be from 0 to {}", at,
                    lowest);
    return {};
}

}  // namespace

void validate_scheduling(const Process& process, std::string_view at, Problems& problems) {
    if (process.scheduler) {
        const std::string here = fmt::format("{}/scheduler", at);
        problems.note(check_nice(*process.scheduler, here));
        problems.note(check_priority(*process.scheduler, here));
        problems.note(check_deadline(*process.scheduler, here));
    }
    if (process.io_priority) problems.note(check_io_priority(*process.io_priority, at));
    const ExecCpuAffinity& affinity = process.exec_cpu_affinity;
    const std::string here = fmt::format("{}/execCPUAffinity", at);
    problems.note(check_processors(affinity.initial, here + "/initial"));
    problems.note(check_processors(affinity.final, here + "/final"));
}

}  // namespace oci::spec
