// SPDX-License-Identifier: Apache-2.0
#include "unit/spec/config_text.hpp"

using namespace oci::test;

namespace {

std::string filter(const std::string& members) {
    return refusal(with_seccomp(R"("defaultAction":"SCMP_ACT_ALLOW",)" + members));
}
std::string rule(const std::string& members) { return filter("\"syscalls\":[{" + members + "}]"); }

}  // namespace

TEST_CASE("an errno goes only with an action that uses it") {
    CHECK(filter(R"("defaultErrnoRet":1)") ==
          "/linux/seccomp/defaultErrnoRet: SCMP_ACT_ALLOW does not use it");
    CHECK(refusal(with_seccomp(R"("defaultAction":"SCMP_ACT_TRACE","defaultErrnoRet":1)")) ==
          "accepted");
    CHECK(rule(R"("names":["a"],"action":"SCMP_ACT_KILL","errnoRet":1)") ==
          "/linux/seccomp/syscalls/0/errnoRet: SCMP_ACT_KILL does not use it");
    CHECK(rule(R"("names":["a"],"action":"SCMP_ACT_LOG","errnoRet":0)") ==
          "/linux/seccomp/syscalls/0/errnoRet: SCMP_ACT_LOG does not use it");
    CHECK(rule(R"("names":["a"],"action":"SCMP_ACT_ERRNO","errnoRet":1)") == "accepted");
}

TEST_CASE("a rule names system calls, known or not") {
    CHECK(rule(R"("names":["no_such_call"],"action":"SCMP_ACT_LOG")") == "accepted");
    CHECK(rule(R"("names":[],"action":"SCMP_ACT_LOG")") ==
          "/linux/seccomp/syscalls/0/names: must not be empty");
    CHECK(rule(R"("names":["a",""],"action":"SCMP_ACT_LOG")") ==
          "/linux/seccomp/syscalls/0/names/1: must not be empty");
}

TEST_CASE("a system call has six arguments") {
    const auto index = [](const char* number) {
        return rule(R"("names":["a"],"action":"SCMP_ACT_LOG","args":[{"value":0,
            "op":"SCMP_CMP_EQ","index":)" +
                    std::string(number) + "}]");
    };
    CHECK(index("5") == "accepted");
    CHECK(index("6") == "/linux/seccomp/syscalls/0/args/0/index: must be at most 5");
}

TEST_CASE("architectures and flags are known words") {
    CHECK(filter(R"("architectures":["SCMP_ARCH_SHEB","SCMP_ARCH_M68K"],
        "flags":["SECCOMP_FILTER_FLAG_TSYNC","SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"])") ==
          "accepted");
    CHECK(filter(R"("architectures":["SCMP_ARCH_X86","SCMP_ARCH_X86-64"])") ==
          "/linux/seccomp/architectures/1: unknown value \"SCMP_ARCH_X86-64\" (did you mean "
          "\"SCMP_ARCH_X86_64\"?)");
    CHECK(filter(R"("flags":["SECCOMP_FILTER_FLAG_LOGS"])") ==
          "/linux/seccomp/flags/0: unknown value \"SECCOMP_FILTER_FLAG_LOGS\" (did you mean "
          "\"SECCOMP_FILTER_FLAG_LOG\"?)");
}

TEST_CASE("an agent is not asked about everything, nor about write") {
    CHECK(refusal(with_seccomp(R"("defaultAction":"SCMP_ACT_NOTIFY")")) ==
          "/linux/seccomp/defaultAction: SCMP_ACT_NOTIFY cannot be used as the default action");
    CHECK(rule(R"("names":["mkdir","write"],"action":"SCMP_ACT_NOTIFY")") ==
          "/linux/seccomp/syscalls/0: SCMP_ACT_NOTIFY cannot be used for the write syscall");
}

TEST_CASE("what an agent is told needs a path to it") {
    CHECK(filter(R"("listenerPath":"/run/agent")") == "accepted");
    CHECK(filter(R"("listenerPath":"/run/agent","listenerMetadata":"m")") == "accepted");
    CHECK(filter(R"("listenerMetadata":"m")") ==
          "/linux/seccomp/listenerMetadata: needs listenerPath");
}
