// SPDX-License-Identifier: Apache-2.0
#include "unit/spec/config_text.hpp"

using namespace oci::test;

TEST_CASE("a process is read with all it has") {
    const oci::Process process = *accepted(with_process(R"(
        "terminal":true,"consoleSize":{"height":10,"width":20},
        "user":{"uid":1,"gid":2,"umask":18,"additionalGids":[3],"username":"x"},
        "env":["A=1","B="],"rlimits":[{"type":"RLIMIT_CORE","soft":0,"hard":18446744073709551615}],
        "capabilities":{"bounding":["CAP_KILL"],"effective":null,"ambient":["CAP_UNHEARD_OF"]},
        "noNewPrivileges":true,"oomScoreAdj":-5,"apparmorProfile":"p","selinuxLabel":"l")"))
                                      .process;
    CHECK(process.terminal);
    CHECK(process.console_size.height == 10);
    CHECK(process.user.uid == 1);
    CHECK(process.user.gid == 2);
    CHECK(process.user.umask == 022);
    CHECK(process.user.additional_gids == std::vector<std::uint32_t>{3});
    CHECK(process.env == std::vector<std::string>{"A=1", "B="});
    CHECK(process.rlimits.at(0).hard == 18446744073709551615U);
    CHECK(process.capabilities.bounding == std::vector<std::string>{"CAP_KILL"});
    CHECK(process.capabilities.effective.empty());
    CHECK(process.capabilities.ambient == std::vector<std::string>{"CAP_UNHEARD_OF"});
    CHECK(process.no_new_privileges);
    CHECK(process.oom_score_adj == -5);
    CHECK(process.apparmor_profile == "p");
    CHECK(process.selinux_label == "l");
}

TEST_CASE("a process that says little gets safe defaults") {
    const oci::Process process = *accepted(with_process("")).process;
    CHECK_FALSE(process.terminal);
    CHECK(process.user.umask == 022);
    CHECK(process.capabilities.bounding.empty());
    CHECK_FALSE(process.oom_score_adj);
}

TEST_CASE("a uid is a number from 0 to 4294967294") {
    const auto uid = [](const std::string& text) {
        return refusal(with_process(R"("user":{"uid":)" + text + R"(,"gid":0})"));
    };
    CHECK(uid("0") == "accepted");
    CHECK(uid("4294967294") == "accepted");
    CHECK(uid("4294967295") == "/process/user/uid: must be at most 4294967294");
    for (const char* text : {"4294967296", "-1", "1.5", "1e3", "\"0\"", "true", "[]"}) {
        INFO(text);
        CHECK(uid(text).starts_with("/process/user/uid: must be an integer"));
    }
}

TEST_CASE("an rlimit has a type, a soft and a hard value") {
    CHECK(refusal(with_process(R"("rlimits":[{"type":"RLIMIT_CORE","soft":0}])")) ==
          "/process/rlimits/0/hard: is required");
    CHECK(refusal(with_process(R"("rlimits":[{"soft":0,"hard":0}])")) ==
          "/process/rlimits/0/type: is required");
}

TEST_CASE("a scheduler is read with its flags") {
    const auto process = accepted(with_process(R"("scheduler":{"policy":"SCHED_DEADLINE",
            "flags":["SCHED_FLAG_RESET_ON_FORK","SCHED_FLAG_RECLAIM"],
            "runtime":10000000,"deadline":20000000,"period":30000000})"))
                             .process.value();
    REQUIRE(process.scheduler);
    CHECK(process.scheduler->policy == oci::SchedulerPolicy::Deadline);
    CHECK(process.scheduler->flags ==
          std::vector{oci::SchedulerFlag::ResetOnFork, oci::SchedulerFlag::Reclaim});
    CHECK(process.scheduler->period == 30000000);
    CHECK(refusal(with_process(R"("scheduler":{})")) == "/process/scheduler/policy: is required");
    CHECK(refusal(with_process(R"("scheduler":{"policy":"SCHED_OTHER","flags":["X"]})"))
              .starts_with("/process/scheduler/flags/0: unknown value \"X\""));
    CHECK_FALSE(accepted(with_process(R"("scheduler":null)")).process.value().scheduler);
}

TEST_CASE("an io priority is read") {
    const auto process =
        accepted(with_process(R"("ioPriority":{"class":"IOPRIO_CLASS_BE","priority":4})"))
            .process.value();
    REQUIRE(process.io_priority);
    CHECK(process.io_priority->priority_class == oci::IoPriorityClass::BestEffort);
    CHECK(process.io_priority->priority == 4);
    CHECK(refusal(with_process(R"("ioPriority":{})")) == "/process/ioPriority/class: is required");
}
