// SPDX-License-Identifier: Apache-2.0
#include "features/seccomp/permits.hpp"

#include <linux/seccomp.h>
#include <sys/syscall.h>

#include <vector>

#include "features/seccomp/filter.hpp"
#include "support/catch.hpp"

using namespace oci;
using seccomp::permits;

namespace {

std::vector<sock_filter> refusing(std::vector<SeccompRule> rules) {
    Seccomp section;
    section.default_action = SeccompAction::Errno;
    section.rules = std::move(rules);
    auto program = seccomp::compile(section);
    REQUIRE(program);
    return std::move(program).value();
}

constexpr std::uint64_t namespaces = 0x7E02'0000;  // as Docker's rule for clone has it

std::vector<sock_filter> of_docker() {
    return refusing({{.names = {"close", "umask"}, .action = SeccompAction::Allow},
                     {.names = {"setsid"}, .action = SeccompAction::Log},
                     {.names = {"clone"},
                      .action = SeccompAction::Allow,
                      .arguments = {{0, namespaces, 0, SeccompOperator::MaskedEqual}}},
                     {.names = {"personality"},
                      .action = SeccompAction::Allow,
                      .arguments = {{0, 0xFFFF'FFFF, 0, SeccompOperator::Equal}}},
                     {.names = {"dup3"},
                      .action = SeccompAction::Allow,
                      .arguments = {{1, 2, 0, SeccompOperator::LessOrEqual}}},
                     {.names = {"fcntl"}, .action = SeccompAction::Trace},
                     {.names = {"ioctl"}, .action = SeccompAction::KillProcess}});
}

}  // namespace

TEST_CASE("a filter permits what it allows or logs, whatever the arguments") {
    const auto program = of_docker();
    CHECK(permits(program, {SYS_close}));
    CHECK(permits(program, {SYS_umask, 7}));
    CHECK(permits(program, {SYS_setsid}));
}

TEST_CASE("a filter does not permit what it refuses, kills for, or asks others about") {
    const auto program = of_docker();
    for (const long number : {SYS_read, SYS_fcntl, SYS_ioctl, SYS_execve, SYS_clone3})
        CHECK_FALSE(permits(program, {static_cast<std::uint32_t>(number)}));
}

TEST_CASE("a verdict that hangs on an argument is permission only if that is known") {
    const auto program = of_docker();
    CHECK_FALSE(permits(program, {SYS_clone}));
    CHECK(permits(program, {SYS_clone, 0x1100}));
    CHECK_FALSE(permits(program, {SYS_clone, 0x1000'0000}));  // CLONE_NEWUSER
    CHECK(permits(program, {SYS_personality, 0xFFFF'FFFF}));
    CHECK_FALSE(permits(program, {SYS_personality, 8}));
    CHECK_FALSE(permits(program, {SYS_personality, 0x1'FFFF'FFFF}));
    CHECK_FALSE(permits(program, {SYS_dup3, 1}));  // its second decides
}

TEST_CASE("rules that overlap are walked as well") {
    const auto program = refusing({{.names = {"dup3"},
                                    .action = SeccompAction::Allow,
                                    .arguments = {{0, 5, 0, SeccompOperator::GreaterThan}}},
                                   {.names = {"dup3"},
                                    .action = SeccompAction::Allow,
                                    .arguments = {{0, 6, 0, SeccompOperator::LessThan}}}});
    CHECK_FALSE(permits(program, {SYS_read}));
    for (const std::uint64_t value : {0U, 5U, 6U, 70U}) CHECK(permits(program, {SYS_dup3, value}));
}

TEST_CASE("what is no filter permits nothing") {
    CHECK_FALSE(permits({}, {SYS_close}));
    const std::vector<sock_filter> open_ended{BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0)};
    CHECK_FALSE(permits(open_ended, {SYS_close}));
    const std::vector<sock_filter> beyond{BPF_STMT(BPF_JMP | BPF_JA, 0xFFFF'FFFF),
                                          BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    CHECK_FALSE(permits(beyond, {SYS_close}));
    const std::vector<sock_filter> foreign{BPF_STMT(BPF_LD | BPF_IMM, 0),
                                           BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    CHECK_FALSE(permits(foreign, {SYS_close}));
    const std::vector<sock_filter> by_register{BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 0, 0),
                                               BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    CHECK_FALSE(permits(by_register, {SYS_close}));
}
