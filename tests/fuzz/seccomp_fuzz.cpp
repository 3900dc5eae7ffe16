// SPDX-License-Identifier: Apache-2.0
//
// Profiles: the filter that is made of one answers each call as one of the rules that hold for it,
// or as the default where none does; calls that are newer than all that it names get ENOSYS.
#include <linux/audit.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cinttypes>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "features/seccomp/filter.hpp"
#include "fuzz/bytes.hpp"
#include "support/bpf_machine.hpp"

namespace {

using namespace oci;
using fuzz::Bytes;

struct Call {
    const char* name;
    int number;
};
constexpr std::array calls{
    Call{"read", SYS_read},     Call{"ioctl", SYS_ioctl},
    Call{"socket", SYS_socket}, Call{"kill", SYS_kill},
    Call{"prctl", SYS_prctl},   Call{"mount", SYS_mount},
    Call{"openat", SYS_openat}, Call{"personality", SYS_personality},
    Call{"clone", SYS_clone},   Call{"getrandom", SYS_getrandom},
};

/// Of few values, on both sides of the 32nd bit, so that comparisons meet their edges.
std::uint64_t value_of(Bytes& bytes) {
    constexpr std::array<std::uint64_t, 12> edges{0,
                                                  1,
                                                  2,
                                                  0x7FFF'FFFF,
                                                  0x8000'0000,
                                                  0xFFFF'FFFF,
                                                  0x1'0000'0000,
                                                  0x1'0000'0001,
                                                  0x7FFF'FFFF'FFFF'FFFF,
                                                  0x8000'0000'0000'0000,
                                                  0xFFFF'FFFF'0000'0000,
                                                  ~0ULL};
    const std::uint8_t way = bytes.byte();
    return way < 250 ? edges.at(way % edges.size()) : bytes.number(8);
}

SeccompRule rule_of(Bytes& bytes) {
    constexpr std::array actions{
        SeccompAction::Allow, SeccompAction::Errno, SeccompAction::Trap,       SeccompAction::Log,
        SeccompAction::Trace, SeccompAction::Kill,  SeccompAction::KillProcess};
    SeccompRule rule;
    rule.action = bytes.one_of(actions);
    if (rule.action == SeccompAction::Errno || rule.action == SeccompAction::Trace)
        rule.errno_ret = bytes.byte();
    for (unsigned count = bytes.byte() % 3U + 1; count > 0; --count)
        rule.names.emplace_back(bytes.one_of(calls).name);
    for (unsigned count = bytes.byte() % 4U; count > 0; --count) {
        SeccompArgument argument;
        argument.index = bytes.byte() % 3U;
        argument.op = static_cast<SeccompOperator>(bytes.byte() % 7U);
        argument.value = value_of(bytes);
        argument.value_two = value_of(bytes);
        rule.arguments.push_back(argument);
    }
    return rule;
}

std::uint32_t answer_of(SeccompAction action, std::uint32_t data) {
    switch (action) {
        case SeccompAction::Allow: return SECCOMP_RET_ALLOW;
        case SeccompAction::Errno: return SECCOMP_RET_ERRNO | data;
        case SeccompAction::Trap: return SECCOMP_RET_TRAP;
        case SeccompAction::Log: return SECCOMP_RET_LOG;
        case SeccompAction::Trace: return SECCOMP_RET_TRACE | data;
        case SeccompAction::KillProcess: return SECCOMP_RET_KILL_PROCESS;
        case SeccompAction::Kill:
        case SeccompAction::KillThread:
        case SeccompAction::Notify: break;
    }
    return SECCOMP_RET_KILL_THREAD;
}

bool is_met(const SeccompArgument& argument, const std::array<std::uint64_t, 6>& given) {
    const std::uint64_t value = given.at(argument.index);
    switch (argument.op) {
        case SeccompOperator::NotEqual: return value != argument.value;
        case SeccompOperator::LessThan: return value < argument.value;
        case SeccompOperator::LessOrEqual: return value <= argument.value;
        case SeccompOperator::Equal: return value == argument.value;
        case SeccompOperator::GreaterOrEqual: return value >= argument.value;
        case SeccompOperator::GreaterThan: return value > argument.value;
        case SeccompOperator::MaskedEqual:
            return (value & argument.value) == (argument.value_two & argument.value);
    }
    return false;
}

/// All of them; any of them, where one argument is compared twice.
bool holds(const SeccompRule& rule, const std::array<std::uint64_t, 6>& given) {
    std::array<int, 6> times{};
    for (const auto& argument : rule.arguments) ++times.at(argument.index);
    const auto met = [&](const SeccompArgument& argument) { return is_met(argument, given); };
    if (std::ranges::any_of(times, [](int count) { return count > 1; }))
        return std::ranges::any_of(rule.arguments, met);
    return std::ranges::all_of(rule.arguments, met);
}

std::vector<std::uint32_t> answers(const Seccomp& profile, const Call& call,
                                   const std::array<std::uint64_t, 6>& given) {
    std::vector<std::uint32_t> found;
    for (const SeccompRule& rule : profile.rules)
        if (std::ranges::find(rule.names, call.name) != rule.names.end() && holds(rule, given))
            found.push_back(answer_of(rule.action, rule.errno_ret.value_or(EPERM)));
    if (found.empty())
        found.push_back(
            answer_of(profile.default_action, profile.default_errno_ret.value_or(EPERM)));
    return found;
}

void describe(const Seccomp& profile) {
    std::fprintf(stderr, "otherwise %#x\n", answer_of(profile.default_action, EPERM));
    for (const SeccompRule& rule : profile.rules) {
        std::fprintf(stderr, "%#x for", answer_of(rule.action, rule.errno_ret.value_or(EPERM)));
        for (const std::string& name : rule.names) std::fprintf(stderr, " %s", name.c_str());
        for (const SeccompArgument& argument : rule.arguments)
            std::fprintf(stderr, " [%u, operator %d, %#" PRIx64 " %#" PRIx64 "]", argument.index,
                         static_cast<int>(argument.op), argument.value, argument.value_two);
        std::fputc('\n', stderr);
    }
}

bool lets_through(SeccompAction action) {
    return action == SeccompAction::Allow || action == SeccompAction::Log ||
           action == SeccompAction::Trace;
}

Seccomp profile_of(Bytes& bytes) {
    Seccomp profile;
    profile.default_action = bytes.truth() ? SeccompAction::Errno : SeccompAction::Allow;
    if (profile.default_action == SeccompAction::Errno) profile.default_errno_ret = 1;
    const std::size_t most = bytes.byte() % 6U + 1;
    while (!bytes.is_empty() && profile.rules.size() < most)
        profile.rules.push_back(rule_of(bytes));
    return profile;
}

/// The largest number of a call that the profile names; -1: it names none.
int newest_in(const Seccomp& profile) {
    int newest = -1;
    for (const SeccompRule& rule : profile.rules)
        for (const Call& call : calls)
            if (std::ranges::find(rule.names, call.name) != rule.names.end())
                newest = std::max(newest, call.number);
    return newest;
}

void check(const Seccomp& profile, const std::vector<sock_filter>& filter, const Call& call,
           const std::array<std::uint64_t, 6>& given) {
    seccomp_data asked{};
    asked.nr = call.number;
    asked.arch = AUDIT_ARCH_X86_64;
    std::ranges::copy(given, asked.args);
    const auto answer = test::run_filter(filter, asked);
    fuzz::demand(answer.has_value(), "the filter is one that the kernel takes");
    const int newest = newest_in(profile);
    const bool is_new = newest >= 0 && call.number > newest;
    const auto wanted = is_new && !lets_through(profile.default_action)
                            ? std::vector<std::uint32_t>{SECCOMP_RET_ERRNO | ENOSYS}
                            : answers(profile, call, given);
    const bool is_right = std::ranges::find(wanted, *answer) != wanted.end();
    if (!is_right) {
        describe(profile);
        std::fprintf(stderr, "%s(%#" PRIx64 ", %#" PRIx64 ", %#" PRIx64 "): %#x, wanted %#x\n",
                     call.name, given[0], given[1], given[2], *answer, wanted.front());
    }
    fuzz::demand(is_right, "the filter answers as a rule that holds");
    asked.arch = AUDIT_ARCH_AARCH64;
    fuzz::demand(test::run_filter(filter, asked) == SECCOMP_RET_KILL_PROCESS,
                 "another architecture is killed");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
#if defined(__x86_64__) && !defined(__ILP32__)
    Bytes bytes{data, size};
    const Seccomp profile = profile_of(bytes);
    const auto filter = seccomp::compile(profile);
    if (!filter) return 0;
    for (unsigned turn = 0; turn < 200; ++turn) {
        const Call& call = bytes.is_empty() ? calls[turn % calls.size()] : bytes.one_of(calls);
        std::array<std::uint64_t, 6> given{};
        Bytes again{data + turn % (size + 1), size - turn % (size + 1)};
        for (std::uint64_t& value : given) value = value_of(bytes.is_empty() ? again : bytes);
        check(profile, filter.value(), call, given);
    }
#else
    (void)data, (void)size;
#endif
    return 0;
}
