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

TEST_CASE("what is not carried out for a process is refused") {
    CHECK(refusal(with_process(R"("scheduler":{"policy":"SCHED_BATCH"})")) ==
          "/process/scheduler: not supported by this build");
    CHECK(refusal(with_process(R"("ioPriority":{"class":"IOPRIO_CLASS_IDLE"})")) ==
          "/process/ioPriority: not supported by this build");
    CHECK(refusal(with_process(R"("execCPUAffinity":{"initial":"0"})")) ==
          "/process/execCPUAffinity: not supported by this build");
    CHECK(refusal(with_process(R"("scheduler":null,"execCPUAffinity":{})")) == "accepted");
    CHECK(oci::spec::read(with_process(R"("scheduler":{"policy":"SCHED_BATCH"})")).error().kind ==
          oci::ErrorKind::Unsupported);
}
