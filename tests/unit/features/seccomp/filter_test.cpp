// SPDX-License-Identifier: Apache-2.0
#include "features/seccomp/filter.hpp"

#include <linux/audit.h>

#include <cerrno>
#include <set>

#include "support/bpf_machine.hpp"
#include "support/catch.hpp"

using oci::Seccomp;
using oci::SeccompAction;
using oci::SeccompArgument;
using oci::SeccompOperator;
using oci::SeccompRule;

#if defined(__x86_64__) && !defined(__ILP32__)

namespace {

// Numbers of x86_64, i386 and x32.
constexpr std::uint32_t read64 = 0, write64 = 1, close64 = 3, getppid64 = 110, personality64 = 135,
                        statx64 = 332, read32 = 3, getppid32 = 64, socketcall32 = 102,
                        accept4_32 = 364, statx32 = 383, x32 = 0x4000'0000;

constexpr std::uint32_t allow = SECCOMP_RET_ALLOW;
constexpr std::uint32_t kill_process = SECCOMP_RET_KILL_PROCESS;
constexpr std::uint32_t eperm = SECCOMP_RET_ERRNO | EPERM;
constexpr std::uint32_t enosys = SECCOMP_RET_ERRNO | ENOSYS;

std::vector<sock_filter> compiled(const Seccomp& section) {
    auto program = oci::seccomp::compile(section);
    REQUIRE(program);
    REQUIRE_FALSE(program.value().empty());
    return std::move(program).value();
}

std::uint32_t run(const std::vector<sock_filter>& program, std::uint32_t number,
                  std::initializer_list<std::uint64_t> arguments = {},
                  std::uint32_t architecture = AUDIT_ARCH_X86_64) {
    seccomp_data data{};
    data.arch = architecture;
    data.nr = static_cast<int>(number);
    std::copy(arguments.begin(), arguments.end(), data.args);
    const auto verdict = oci::test::run_filter(program, data);
    REQUIRE(verdict);
    return *verdict;
}

std::uint32_t run32(const std::vector<sock_filter>& program, std::uint32_t number,
                    std::initializer_list<std::uint64_t> arguments = {}) {
    return run(program, number, arguments, AUDIT_ARCH_I386);
}

Seccomp refusing(std::vector<SeccompRule> rules) {
    Seccomp section;
    section.default_action = SeccompAction::Errno;
    section.rules = std::move(rules);
    return section;
}

SeccompRule allowing(std::vector<std::string> names, std::vector<SeccompArgument> arguments = {}) {
    return {std::move(names), SeccompAction::Allow, {}, std::move(arguments)};
}

}  // namespace

TEST_CASE("what is named is allowed, what is not gets the default action") {
    const auto program = compiled(refusing({allowing({"read", "statx"})}));
    CHECK(run(program, read64) == allow);
    CHECK(run(program, statx64) == allow);
    CHECK(run(program, write64) == eperm);
}

TEST_CASE("each action has its verdict") {
    Seccomp section;
    section.default_action = SeccompAction::Allow;
    section.rules = {{{"read"}, SeccompAction::Errno, 99, {}},
                     {{"write"}, SeccompAction::Kill, {}, {}},
                     {{"close"}, SeccompAction::KillProcess, {}, {}},
                     {{"getppid"}, SeccompAction::Trap, {}, {}},
                     {{"statx"}, SeccompAction::Trace, 7, {}},
                     {{"personality"}, SeccompAction::Log, {}, {}}};
    const auto program = compiled(section);
    CHECK(run(program, read64) == (SECCOMP_RET_ERRNO | 99));
    CHECK(run(program, write64) == SECCOMP_RET_KILL_THREAD);
    CHECK(run(program, close64) == kill_process);
    CHECK(run(program, getppid64) == SECCOMP_RET_TRAP);
    CHECK(run(program, statx64) == (SECCOMP_RET_TRACE | 7));
    CHECK(run(program, personality64) == SECCOMP_RET_LOG);
    CHECK(run(program, 9999) == allow);
}

TEST_CASE("the default action may be any") {
    for (const auto& [action, verdict] : {std::pair{SeccompAction::KillThread, 0x0U},
                                          std::pair{SeccompAction::KillProcess, 0x8000'0000U},
                                          std::pair{SeccompAction::Trap, 0x0003'0000U},
                                          std::pair{SeccompAction::Trace, 0x7ff0'0001U},
                                          std::pair{SeccompAction::Log, 0x7ffc'0000U}}) {
        Seccomp section = refusing({allowing({"read", "statx"})});
        section.default_action = action;
        const auto program = compiled(section);
        CHECK(run(program, read64) == allow);
        CHECK(run(program, write64) == verdict);
    }
}

TEST_CASE("errnoRet of the default action is used") {
    Seccomp section = refusing({allowing({"read", "statx"})});
    section.default_errno_ret = 38;
    CHECK(run(compiled(section), write64) == enosys);
    section.default_errno_ret = 5;
    CHECK(run(compiled(section), write64) == (SECCOMP_RET_ERRNO | 5));
}

TEST_CASE("a rule that says what the default says is dropped, one with another errno is not") {
    Seccomp section = refusing({{{"read"}, SeccompAction::Errno, {}, {}},
                                {{"write"}, SeccompAction::Errno, EPERM, {}},
                                {{"close"}, SeccompAction::Errno, EACCES, {}},
                                allowing({"statx"})});
    const auto program = compiled(section);
    CHECK(run(program, read64) == eperm);
    CHECK(run(program, write64) == eperm);
    CHECK(run(program, close64) == (SECCOMP_RET_ERRNO | EACCES));
}

TEST_CASE("operators compare 64 bits without a sign") {
    constexpr std::uint64_t limit = 0x1'0000'0005ULL;
    struct Row {
        SeccompOperator op;
        bool below, equal, above;
    };
    for (const Row row : {Row{SeccompOperator::NotEqual, true, false, true},
                          Row{SeccompOperator::LessThan, true, false, false},
                          Row{SeccompOperator::LessOrEqual, true, true, false},
                          Row{SeccompOperator::Equal, false, true, false},
                          Row{SeccompOperator::GreaterOrEqual, false, true, true},
                          Row{SeccompOperator::GreaterThan, false, false, true}}) {
        const auto program =
            compiled(refusing({allowing({"read"}, {{2, limit, 0, row.op}}), allowing({"statx"})}));
        CHECK((run(program, read64, {0, 0, limit - 1}) == allow) == row.below);
        CHECK((run(program, read64, {0, 0, limit}) == allow) == row.equal);
        CHECK((run(program, read64, {0, 0, limit + 1}) == allow) == row.above);
        CHECK((run(program, read64, {0, 0, 5}) == allow) == row.below);
        CHECK((run(program, read64, {0, 0, ~0ULL}) == allow) == row.above);
    }
}

TEST_CASE("a masked comparison has the mask first and the value second") {
    const auto program = compiled(
        refusing({allowing({"read"}, {{1, 0xff00, 0x1200, SeccompOperator::MaskedEqual}})}));
    CHECK(run(program, read64, {0, 0x1234}) == allow);
    CHECK(run(program, read64, {0, 0xff'0000'1256}) == allow);
    CHECK(run(program, read64, {0, 0x1334}) == eperm);
}

TEST_CASE("comparisons of different arguments must all be true") {
    const auto program = compiled(refusing({allowing(
        {"read"}, {{0, 1, 0, SeccompOperator::Equal}, {1, 2, 0, SeccompOperator::Equal}})}));
    CHECK(run(program, read64, {1, 2}) == allow);
    CHECK(run(program, read64, {1, 3}) == eperm);
    CHECK(run(program, read64, {3, 2}) == eperm);
}

TEST_CASE("comparisons of one argument are alternatives") {
    const auto program = compiled(
        refusing({allowing({"personality"}, {{0, 0, 0, SeccompOperator::Equal},
                                             {0, 8, 0, SeccompOperator::Equal},
                                             {0, 0xffff'ffff, 0, SeccompOperator::Equal}})}));
    CHECK(run(program, personality64, {0}) == allow);
    CHECK(run(program, personality64, {8}) == allow);
    CHECK(run(program, personality64, {0xffff'ffff}) == allow);
    CHECK(run(program, personality64, {4}) == eperm);
}

TEST_CASE("rules for one call are alternatives, and may be said twice") {
    const SeccompRule one = allowing({"read"}, {{0, 1, 0, SeccompOperator::Equal}});
    const SeccompRule two = allowing({"read"}, {{0, 2, 0, SeccompOperator::Equal}});
    const auto program =
        compiled(refusing({one, two, one, allowing({"statx"}), allowing({"statx"})}));
    CHECK(run(program, read64, {1}) == allow);
    CHECK(run(program, read64, {2}) == allow);
    CHECK(run(program, read64, {3}) == eperm);
    CHECK(run(program, statx64) == allow);
}

TEST_CASE("rules for one call that overlap all count") {
    const auto kind = [](SeccompAction action, std::vector<oci::SeccompArgument> arguments) {
        return SeccompRule{{"getppid", "personality"}, action, std::nullopt, std::move(arguments)};
    };
    Seccomp section;
    section.default_action = SeccompAction::Allow;
    section.architectures = {"SCMP_ARCH_X32"};
    section.rules = {kind(SeccompAction::Trap, {{0, 0x7fff'ffff, 0, SeccompOperator::LessOrEqual},
                                                {1, 5, 0, SeccompOperator::GreaterThan}}),
                     kind(SeccompAction::KillProcess,
                          {{0, 0xffff'ffff'0000'0000, 0, SeccompOperator::LessThan}})};
    const auto program = compiled(section);
    CHECK(run(program, getppid64 | x32, {1, 6}) == SECCOMP_RET_TRAP);
    for (const std::uint32_t number : {getppid64, personality64}) {
        CHECK(run(program, number, {1, 6}) == SECCOMP_RET_TRAP);
        CHECK(run(program, number, {1, 5}) == kill_process);
        CHECK(run(program, number, {0xffff'ffff, 6}) == kill_process);
    }
    CHECK(run(program, getppid64, {0xffff'ffff'0000'0000, 6}) == allow);
    CHECK(run(program, read64, {1, 6}) == allow);
}

TEST_CASE("an unknown name is skipped") {
    const auto program = compiled(refusing({allowing({"read", "no_such_call", "statx"})}));
    CHECK(run(program, read64) == allow);
}

TEST_CASE("an architecture that is not listed ends the process") {
    for (const SeccompAction action : {SeccompAction::Errno, SeccompAction::Allow}) {
        Seccomp section = refusing({{{"getppid"}, SeccompAction::Errno, 99, {}}});
        section.default_action = action;
        const auto program = compiled(section);  // native alone
        CHECK(run(program, getppid64) == (SECCOMP_RET_ERRNO | 99));
        CHECK(run32(program, getppid32) == kill_process);
        CHECK(run(program, x32 + getppid64) == kill_process);
        CHECK(run(program, x32 + 9999) == kill_process);
        CHECK(run(program, getppid64, {}, AUDIT_ARCH_AARCH64) == kill_process);
    }
}

TEST_CASE("listed architectures follow the rules by their own numbers") {
    Seccomp section = refusing({{{"getppid"}, SeccompAction::Errno, 99, {}}, allowing({"statx"})});
    section.architectures = {"SCMP_ARCH_X86", "SCMP_ARCH_X32"};  // native comes by itself
    const auto program = compiled(section);
    CHECK(run(program, getppid64) == (SECCOMP_RET_ERRNO | 99));
    CHECK(run32(program, getppid32) == (SECCOMP_RET_ERRNO | 99));
    CHECK(run(program, x32 + getppid64) == (SECCOMP_RET_ERRNO | 99));
    CHECK(run32(program, statx32) == allow);
    CHECK(run(program, x32 + statx64) == allow);
    CHECK(run32(program, read32) == eperm);
}

TEST_CASE("calls newer than the profile answer ENOSYS on every listed architecture") {
    Seccomp section = refusing({allowing({"read", "statx"})});
    section.architectures = {"SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"};
    const auto program = compiled(section);
    CHECK(run(program, statx64) == allow);
    CHECK(run(program, statx64 + 1) == enosys);
    CHECK(run(program, 470) == enosys);
    CHECK(run32(program, statx32 + 1) == enosys);
    CHECK(run(program, x32 + statx64 + 1) == enosys);
    CHECK(run(program, 0xffff'ffff, {}, AUDIT_ARCH_AARCH64) == kill_process);
}

TEST_CASE("a call that only a rule of the default action names is not unknown") {
    const auto program =
        compiled(refusing({allowing({"read"}), {{"statx"}, SeccompAction::Errno, EPERM, {}}}));
    CHECK(run(program, statx64) == eperm);
    CHECK(run(program, statx64 + 1) == enosys);
}

TEST_CASE("a default action that lets calls through leaves new ones alone") {
    for (const SeccompAction action :
         {SeccompAction::Allow, SeccompAction::Log, SeccompAction::Trace}) {
        Seccomp section = refusing({{{"read"}, SeccompAction::Errno, {}, {}}});
        section.default_action = action;
        CHECK(run(compiled(section), 470) != enosys);
    }
}

TEST_CASE("without a rule the default action is all there is") {
    CHECK(run(compiled(refusing({})), 470) == eperm);
}

TEST_CASE("a call that i386 has twice is known under both numbers") {
    Seccomp section = refusing({allowing({"read", "accept4"})});
    section.architectures = {"SCMP_ARCH_X86"};
    const auto program = compiled(section);
    CHECK(run32(program, accept4_32) == allow);
    CHECK(run32(program, accept4_32 + 1) == enosys);
    CHECK(run32(program, socketcall32, {18}) == allow);  // SYS_ACCEPT4
    CHECK(run32(program, socketcall32, {1}) == eperm);   // SYS_SOCKET
}

TEST_CASE("a large profile decides every number as its rules do") {
    const std::vector<std::string> names{
        "read",   "write",      "close",   "mmap",   "brk",         "futex",  "openat",
        "execve", "exit_group", "getpid",  "clone",  "fork",        "wait4",  "fcntl",
        "getcwd", "chdir",      "mkdir",   "unlink", "gettid",      "tgkill", "setns",
        "statx",  "getrandom",  "pread64", "poll",   "epoll_ctl",   "prctl",  "capset",
        "splice", "tee",        "sync",    "umask",  "sched_yield", "flock",  "pipe2"};
    const std::set<std::uint32_t> numbers{0,  1,   3,   9,   12,  202, 257, 59,  231, 39,  56,  57,
                                          61, 72,  79,  80,  83,  87,  186, 234, 308, 332, 318, 17,
                                          7,  233, 157, 126, 275, 276, 162, 95,  24,  73,  293};
    const auto program = compiled(refusing({allowing(names)}));
    for (std::uint32_t number = 0; number <= statx64; ++number)
        CHECK(run(program, number) == (numbers.contains(number) ? allow : eperm));
}

TEST_CASE("an architecture of another byte order or of no table is left out") {
    Seccomp section = refusing({allowing({"read", "statx"})});
    section.architectures = {"SCMP_ARCH_S390X", "SCMP_ARCH_LOONGARCH64", "SCMP_ARCH_AARCH64"};
    const auto program = compiled(section);
    CHECK(run(program, read64) == allow);
    CHECK(run(program, 63, {}, AUDIT_ARCH_AARCH64) == allow);
}

#endif

TEST_CASE("the compiler tells its version") {
    CHECK_FALSE(oci::seccomp::compiler().version.empty());
    CHECK(oci::seccomp::knows_architecture("SCMP_ARCH_MIPSEL64N32"));
    CHECK_FALSE(oci::seccomp::knows_architecture("SCMP_ARCH_VAX"));
    CHECK_FALSE(oci::seccomp::knows_architecture("x86_64"));
}
