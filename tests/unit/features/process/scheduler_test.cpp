// SPDX-License-Identifier: Apache-2.0
#include "features/process/scheduler.hpp"

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>

#include "support/catch.hpp"
#include "support/in_child.hpp"

namespace {

using namespace oci;

Process process_with(Scheduler scheduler) {
    Process process;
    process.scheduler = std::move(scheduler);
    return process;
}

scheduler::Plan plan_of(Scheduler scheduler, const Spec& spec = {}) {
    const auto plan = scheduler::plan(process_with(std::move(scheduler)), spec);
    REQUIRE(plan);
    return plan.value();
}

Scheduler deadline() {
    Scheduler scheduler;
    scheduler.policy = SchedulerPolicy::Deadline;
    scheduler.runtime = 1'000'000;
    scheduler.deadline = scheduler.period = 100'000'000;
    return scheduler;
}

}  // namespace

TEST_CASE("a policy and its flags are the kernel's numbers") {
    const auto plan = plan_of({.policy = SchedulerPolicy::RoundRobin,
                               .nice = 0,
                               .priority = 7,
                               .flags = {SchedulerFlag::ResetOnFork, SchedulerFlag::Reclaim,
                                         SchedulerFlag::UtilClampMaximum}});
    CHECK(plan.is_wanted);
    CHECK(plan.attributes.policy == SCHED_RR);
    CHECK(plan.attributes.priority == 7);
    CHECK(plan.attributes.flags == 0x43);
    CHECK_FALSE(scheduler::plan(Process{}, Spec{}).value().is_wanted);
}

TEST_CASE("a clamp without a value is the system's default") {
    const auto plan = plan_of({.flags = {SchedulerFlag::UtilClampMinimum}});
    CHECK(plan.attributes.utilization_minimum == ~0U);
    CHECK(plan.attributes.utilization_maximum == ~0U);
}

TEST_CASE("a policy that no kernel has is not supported") {
    const auto plan = scheduler::plan(process_with({.policy = SchedulerPolicy::Iso}), Spec{});
    REQUIRE_FALSE(plan);
    CHECK(plan.error().kind == ErrorKind::Unsupported);
    CHECK_THAT(plan.error().message, Catch::StartsWith("/process/scheduler/policy: "));
}

TEST_CASE("a process has the scheduler that was planned") {
    const auto plan = plan_of({.policy = SchedulerPolicy::Batch, .nice = 5});
    const auto is_as_planned = [] {
        return ::sched_getscheduler(0) == SCHED_BATCH && ::getpriority(PRIO_PROCESS, 0) == 5;
    };
    CHECK(test::in_child([&] {
              Progress progress;
              return scheduler::enter(plan, progress) && is_as_planned() ? 0 : 1;
          }) == 0);
    CHECK(test::in_child([&] {
              return scheduler::prepare_child(plan, ::getpid()) && is_as_planned() ? 0 : 1;
          }) == 0);
}

TEST_CASE("an absent scheduler changes nothing") {
    const int before = ::sched_getscheduler(0);
    Progress progress;
    CHECK(scheduler::enter({}, progress));
    CHECK(scheduler::prepare_child({}, ::getpid()));
    CHECK(::sched_getscheduler(0) == before);
}

TEST_CASE("startContainer hooks need a process that can fork") {
    Hooks hooks;
    CHECK(scheduler::check_hooks(plan_of(deadline()), hooks));
    hooks.start_container.emplace_back();
    CHECK_FALSE(scheduler::check_hooks(plan_of(deadline()), hooks));
    CHECK(scheduler::check_hooks(plan_of({.policy = SchedulerPolicy::Fifo, .priority = 1}), hooks));
    Scheduler resetting = deadline();
    resetting.flags = {SchedulerFlag::ResetOnFork};
    CHECK(scheduler::check_hooks(plan_of(resetting), hooks));
}

TEST_CASE("an agent of seccomp needs a process that can make a thread") {
    CHECK(scheduler::check_agent(plan_of(deadline()), false));
    CHECK_FALSE(scheduler::check_agent(plan_of(deadline()), true));
    CHECK(scheduler::check_agent(plan_of({.policy = SchedulerPolicy::Fifo, .priority = 1}), true));
    Scheduler resetting = deadline();
    resetting.flags = {SchedulerFlag::ResetOnFork};
    CHECK(scheduler::check_agent(plan_of(resetting), true));
}

TEST_CASE("a deadline beside a cpuset is explained where the kernel refuses it") {
    Spec spec;
    spec.linux_section.resources.cpu.cpus = "0";
    const auto plan = plan_of(deadline(), spec);
    CHECK(plan.cpuset == "/linux/resources/cpu/cpus \"0\"");
    if (!test::is_root()) return;
    const int status = test::in_child([&] {
        if (::setresuid(1234, 1234, 1234) != 0) return 1;
        const auto set = scheduler::prepare_child(plan, ::getpid());
        if (set) return 2;
        const std::string& message = set.error().message;
        if (message.find("process scheduler can't be used together with AllowedCPUs") ==
            std::string::npos)
            return 3;
        return message.find("/linux/resources/cpu/cpus") == std::string::npos ? 4 : 0;
    });
    CHECK(status == 0);
}

TEST_CASE("without privilege nothing goes up, and the error says what would help") {
    if (!test::is_root()) return;
    const auto refusal = [](const scheduler::Plan& plan, std::string_view text) {
        return test::in_child([&] {
            const rlimit none{0, 0};
            ::setrlimit(RLIMIT_NICE, &none);
            ::setrlimit(RLIMIT_RTPRIO, &none);
            if (::setresuid(1234, 1234, 1234) != 0) return 1;
            const auto set = scheduler::prepare_child(plan, ::getpid());
            return !set && set.error().hint.find(text) != std::string::npos ? 0 : 2;
        });
    };
    CHECK(refusal(plan_of({.policy = SchedulerPolicy::Other, .nice = -5}), "RLIMIT_NICE") == 0);
    CHECK(refusal(plan_of({.policy = SchedulerPolicy::Fifo, .priority = 5}), "RLIMIT_RTPRIO") == 0);
    CHECK(refusal(plan_of(deadline()), "CAP_SYS_NICE") == 0);
}
