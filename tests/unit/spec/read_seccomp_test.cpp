// SPDX-License-Identifier: Apache-2.0
#include "unit/spec/config_text.hpp"

using namespace oci::test;
using oci::SeccompAction;
using oci::SeccompOperator;

TEST_CASE("a filter is read with its rules") {
    const oci::Seccomp seccomp = *accepted(with_seccomp(R"("defaultAction":"SCMP_ACT_ERRNO",
        "defaultErrnoRet":38,"architectures":["SCMP_ARCH_X86_64","SCMP_ARCH_LOONGARCH64"],
        "flags":["SECCOMP_FILTER_FLAG_LOG"],"listenerPath":"/run/agent","listenerMetadata":"m",
        "syscalls":[{"names":["read","no_such_call"],"action":"SCMP_ACT_ALLOW"},
        {"names":["clone"],"action":"SCMP_ACT_TRACE","errnoRet":7,"args":[{"index":5,
        "value":18446744073709551615,"valueTwo":2,"op":"SCMP_CMP_MASKED_EQ"}]}])"))
                                      .linux_section.seccomp;
    CHECK(seccomp.default_action == SeccompAction::Errno);
    CHECK(seccomp.default_errno_ret == 38U);
    CHECK(seccomp.architectures.size() == 2);
    CHECK(seccomp.flags->at(0) == "SECCOMP_FILTER_FLAG_LOG");
    CHECK(seccomp.listener_path == "/run/agent");
    CHECK(seccomp.listener_metadata == "m");
    CHECK(seccomp.rules.at(0).names.size() == 2);
    CHECK_FALSE(seccomp.rules[0].errno_ret);
    const oci::SeccompRule& rule = seccomp.rules.at(1);
    CHECK(rule.action == SeccompAction::Trace);
    CHECK(rule.errno_ret == 7U);
    CHECK(rule.arguments.at(0).index == 5);
    CHECK(rule.arguments[0].value == 18446744073709551615U);
    CHECK(rule.arguments[0].value_two == 2);
    CHECK(rule.arguments[0].op == SeccompOperator::MaskedEqual);
}

TEST_CASE("no flags differs from an empty list of flags") {
    CHECK_FALSE(
        accepted(with_seccomp(R"("defaultAction":"SCMP_ACT_ALLOW")")).linux_section.seccomp->flags);
    CHECK(accepted(with_seccomp(R"("defaultAction":"SCMP_ACT_ALLOW","flags":[])"))
              .linux_section.seccomp->flags->empty());
}

TEST_CASE("unknown actions and operators are refused by name") {
    CHECK(refusal(with_seccomp("")) == "/linux/seccomp/defaultAction: is required");
    CHECK(refusal(with_seccomp(R"("defaultAction":"SCMP_ACT_ERNO")")) ==
          "/linux/seccomp/defaultAction: unknown value \"SCMP_ACT_ERNO\" (did you mean "
          "\"SCMP_ACT_ERRNO\"?)");
    const auto rule = [](const std::string& text) {
        return refusal(
            with_seccomp(R"("defaultAction":"SCMP_ACT_ALLOW","syscalls":[)" + text + "]"));
    };
    CHECK(rule(R"({"names":["a"],"action":"deny"})")
              .starts_with("/linux/seccomp/syscalls/0/action: unknown value \"deny\" (known: "));
    CHECK(
        rule(R"({"names":["a"],"action":"SCMP_ACT_LOG","args":[{"index":0,"value":0,"op":"=="}]})")
            .starts_with("/linux/seccomp/syscalls/0/args/0/op: unknown value \"==\""));
    CHECK(rule(R"({"action":"SCMP_ACT_LOG"})") == "/linux/seccomp/syscalls/0/names: is required");
    CHECK(rule(R"({"names":["a"]})") == "/linux/seccomp/syscalls/0/action: is required");
    CHECK(
        rule(
            R"({"names":["a"],"action":"SCMP_ACT_LOG","args":[{"value":0,"op":"SCMP_CMP_EQ"}]})") ==
        "/linux/seccomp/syscalls/0/args/0/index: is required");
}
