// SPDX-License-Identifier: Apache-2.0
#include "config_text.hpp"

namespace {

using oci::test::refusal;
using oci::test::with_process;

std::string scheduler(const std::string& members) {
    return refusal(with_process(R"("scheduler":{)" + members + "}"));
}

TEST_CASE("nice is for the policies that use it") {
    CHECK(scheduler(R"("policy":"SCHED_OTHER","nice":19)") == "accepted");
    CHECK(scheduler(R"("policy":"SCHED_BATCH","nice":-20)") == "accepted");
    CHECK(scheduler(R"("policy":"SCHED_OTHER","nice":20)") ==
          "/process/scheduler/nice: must be from -20 to 19");
    CHECK(scheduler(R"("policy":"SCHED_IDLE","nice":5)") ==
          "/process/scheduler/nice: SCHED_IDLE does not use it");
}

TEST_CASE("a real-time policy has a priority and no other has") {
    CHECK(scheduler(R"("policy":"SCHED_FIFO","priority":1)") == "accepted");
    CHECK(scheduler(R"("policy":"SCHED_RR","priority":99)") == "accepted");
    CHECK(scheduler(R"("policy":"SCHED_RR")") ==
          "/process/scheduler/priority: must be from 1 to 99 for SCHED_RR");
    CHECK(scheduler(R"("policy":"SCHED_FIFO","priority":100)") ==
          "/process/scheduler/priority: must be from 1 to 99 for SCHED_FIFO");
    CHECK(scheduler(R"("policy":"SCHED_OTHER","priority":1)") ==
          "/process/scheduler/priority: SCHED_OTHER does not use it (SCHED_FIFO and SCHED_RR do)");
}

TEST_CASE("a deadline has a runtime within it and a period beyond it") {
    const std::string policy = R"("policy":"SCHED_DEADLINE",)";
    CHECK(scheduler(policy + R"("runtime":1024,"deadline":2048)") == "accepted");
    CHECK(scheduler(policy + R"("runtime":10,"deadline":20)") ==
          "/process/scheduler/runtime: must be at least 1024 nanoseconds");
    CHECK(scheduler(policy + R"("runtime":4096,"deadline":2048)") ==
          "/process/scheduler/runtime: must not be above deadline (4096 > 2048)");
    CHECK(scheduler(policy + R"("runtime":1024,"deadline":4096,"period":2048)") ==
          "/process/scheduler/deadline: must not be above period (4096 > 2048)");
    CHECK(scheduler(R"("policy":"SCHED_OTHER","period":1)") ==
          "/process/scheduler: runtime, deadline and period are for SCHED_DEADLINE only");
}

TEST_CASE("an io priority is from 0 to 7") {
    const auto priority = [](const std::string& text) {
        return refusal(
            with_process(R"("ioPriority":{"class":"IOPRIO_CLASS_RT","priority":)" + text + "}"));
    };
    CHECK(priority("0") == "accepted");
    CHECK(priority("7") == "accepted");
    CHECK(priority("8") == "/process/ioPriority/priority: must be from 0 to 7");
    CHECK(priority("-1") == "/process/ioPriority/priority: must be from 0 to 7");
}

TEST_CASE("an affinity is a list of processors") {
    const auto initial = [](const std::string& text) {
        return refusal(with_process(R"("execCPUAffinity":{"initial":")" + text + "\"}"));
    };
    CHECK(initial("0-3,7") == "accepted");
    CHECK(initial("0, 2 - 3") == "accepted");
    CHECK(initial("") == "accepted");
    for (const char* text : {"3-1", "a", "1,,2", "-1", "0-", "65536", " "}) {
        INFO(text);
        CHECK(initial(text).starts_with("/process/execCPUAffinity/initial: must be a list"));
    }
}

}  // namespace
