// SPDX-License-Identifier: Apache-2.0
#include "features/process/io_priority.hpp"

#include <linux/ioprio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "support/catch.hpp"
#include "support/in_child.hpp"

namespace {

using namespace oci;

io_priority::Plan plan_of(IoPriorityClass priority_class, std::int32_t priority) {
    Process process;
    process.io_priority = IoPriority{priority_class, priority};
    return io_priority::plan(process);
}

long own() { return ::syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, 0); }

}  // namespace

TEST_CASE("a class of I/O has levels, but for the idle one") {
    CHECK(plan_of(IoPriorityClass::RealTime, 3).value == (1 << 13 | 3));
    CHECK(plan_of(IoPriorityClass::BestEffort, 7).value == (2 << 13 | 7));
    CHECK(plan_of(IoPriorityClass::Idle, 4).value == 3 << 13);
    CHECK_FALSE(io_priority::plan(Process{}).value);
}

TEST_CASE("an I/O priority is set by the process or from outside") {
    const auto plan = plan_of(IoPriorityClass::BestEffort, 6);
    CHECK(test::in_child([&] {
              Progress progress;
              return io_priority::enter(plan, progress) && own() == *plan.value ? 0 : 1;
          }) == 0);
    CHECK(test::in_child([&] {
              return io_priority::prepare_child(plan, ::getpid()) && own() == *plan.value ? 0 : 1;
          }) == 0);
}

TEST_CASE("an absent I/O priority changes nothing") {
    const long before = own();
    Progress progress;
    CHECK(io_priority::enter({}, progress));
    CHECK(io_priority::prepare_child({}, ::getpid()));
    CHECK(own() == before);
}

TEST_CASE("without privilege there is no real-time I/O, and the error says of what") {
    if (!test::is_root()) return;
    const int status = test::in_child([] {
        if (::setresuid(1234, 1234, 1234) != 0) return 1;
        const auto plan = plan_of(IoPriorityClass::RealTime, 0);
        Progress progress;
        if (io_priority::enter(plan, progress)) return 2;
        const auto set = io_priority::prepare_child(plan, ::getpid());
        return !set && set.error().message.find("/process/ioPriority") != std::string::npos ? 0 : 3;
    });
    CHECK(status == 0);
}
