// SPDX-License-Identifier: Apache-2.0
#include "unit/spec/config_text.hpp"

using namespace oci::test;

namespace {

std::string scheduler(const std::string& policy, const std::string& more = {}) {
    return refusal(with_process(R"("scheduler":{)" +
                                join_members("\"policy\":\"" + policy + "\"", more) + "}"));
}

std::string affinity(const std::string& list) {
    return refusal(with_process(R"("execCPUAffinity":{"final":")" + list + "\"}"));
}

std::string memory_policy(const std::string& members) {
    return refusal(with_linux(R"("memoryPolicy":{)" + members + "}"));
}

}  // namespace

TEST_CASE("a nice value is from -20 to 19, for policies that use it") {
    CHECK(scheduler("SCHED_OTHER", R"("nice":-20)") == "accepted");
    CHECK(scheduler("SCHED_BATCH", R"("nice":19)") == "accepted");
    CHECK(scheduler("SCHED_OTHER", R"("nice":20)").starts_with("/process/scheduler/nice: "));
    CHECK(scheduler("SCHED_OTHER", R"("nice":-21)").starts_with("/process/scheduler/nice: "));
    CHECK(scheduler("SCHED_FIFO", R"("priority":1,"nice":1)")
              .starts_with("/process/scheduler/nice: "));
}

TEST_CASE("a real-time policy has a priority from 1 to 99, others have none") {
    CHECK(scheduler("SCHED_FIFO", R"("priority":99)") == "accepted");
    for (const char* priority : {"0", "100", "-1"})
        CHECK(scheduler("SCHED_RR", std::string{"\"priority\":"} + priority)
                  .starts_with("/process/scheduler/priority: "));
    CHECK(scheduler("SCHED_IDLE") == "accepted");
    CHECK(scheduler("SCHED_IDLE", R"("priority":1)").starts_with("/process/scheduler/priority: "));
}

TEST_CASE("a deadline has a runtime within it, and a period that is not shorter") {
    CHECK(scheduler("SCHED_DEADLINE", R"("runtime":1024,"deadline":1024)") == "accepted");
    CHECK(scheduler("SCHED_DEADLINE", R"("runtime":1024,"deadline":2048,"period":2048)") ==
          "accepted");
    CHECK(scheduler("SCHED_DEADLINE", R"("runtime":1023,"deadline":2048)")
              .starts_with("/process/scheduler/runtime: "));
    CHECK(scheduler("SCHED_DEADLINE", R"("runtime":2049,"deadline":2048)")
              .starts_with("/process/scheduler/runtime: "));
    CHECK(scheduler("SCHED_DEADLINE", R"("runtime":1024,"deadline":2048,"period":2047)")
              .starts_with("/process/scheduler/deadline: "));
    CHECK(scheduler("SCHED_OTHER", R"("runtime":1024)").starts_with("/process/scheduler: "));
}

TEST_CASE("a level of I/O is from 0 to 7") {
    const auto level = [](const std::string& number) {
        return refusal(
            with_process(R"("ioPriority":{"class":"IOPRIO_CLASS_BE","priority":)" + number + "}"));
    };
    CHECK(level("0") == "accepted");
    CHECK(level("7") == "accepted");
    CHECK(level("8").starts_with("/process/ioPriority/priority: "));
    CHECK(level("-1").starts_with("/process/ioPriority/priority: "));
}

TEST_CASE("processors are a list, and as many as there may ever be") {
    for (const char* list : {"0", "0-3,7", "2000", " 1 , 2 "}) CHECK(affinity(list) == "accepted");
    for (const char* list : {"a", "3-1", "1,", "-1", "65536", "1;2"}) {
        INFO(list);
        CHECK(affinity(list).starts_with("/process/execCPUAffinity/final: "));
    }
}

TEST_CASE("a memory policy has the nodes and the flags that its mode takes") {
    CHECK(memory_policy(R"("mode":"MPOL_BIND","nodes":"0","flags":["MPOL_F_NUMA_BALANCING"])") ==
          "accepted");
    CHECK(memory_policy(R"("mode":"MPOL_PREFERRED_MANY","nodes":"0",
                           "flags":["MPOL_F_NUMA_BALANCING"])") == "accepted");
    CHECK(memory_policy(R"("mode":"MPOL_PREFERRED")") == "accepted");
    for (const auto& [members, text] : {
             std::pair{R"("mode":"MPOL_DEFAULT","nodes":"0-2")", "mode requires 0 nodes but got 3"},
             std::pair{R"("mode":"MPOL_INTERLEAVE")", "requires at least 1 node"},
             std::pair{R"("mode":"MPOL_NONE")", "invalid memory policy mode"},
             std::pair{R"("nodes":"0")", "invalid memory policy mode"},
             std::pair{R"("mode":"MPOL_BIND","nodes":"x")", "invalid memory policy node"},
             std::pair{R"("mode":"MPOL_BIND","nodes":"0","flags":["X"])",
                       "invalid memory policy flag"},
             std::pair{R"("mode":"MPOL_PREFERRED","flags":["MPOL_F_STATIC_NODES"])",
                       "invalid memory policy flag"},
             std::pair{R"("mode":"MPOL_BIND","nodes":"0",
                          "flags":["MPOL_F_STATIC_NODES","MPOL_F_RELATIVE_NODES"])",
                       "invalid memory policy flag"},
             std::pair{R"("mode":"MPOL_INTERLEAVE","nodes":"0","flags":["MPOL_F_NUMA_BALANCING"])",
                       "invalid memory policy flag"},
         }) {
        INFO(members);
        CHECK_THAT(memory_policy(members), Catch::Contains(text));
    }
}
