// SPDX-License-Identifier: Apache-2.0
#include "features/seccomp/overlapping_rules.hpp"

#include <linux/audit.h>

#include <array>

#include "support/bpf_machine.hpp"
#include "support/catch.hpp"

using namespace oci;
using namespace oci::seccomp;

namespace {

constexpr std::uint32_t on = 0x7777'7777;  // fell off the end
constexpr std::uint32_t call = 42;

std::uint32_t run(const std::vector<sock_filter>& code, std::uint32_t architecture,
                  std::uint32_t number, std::uint64_t first, std::uint64_t second = 0) {
    seccomp_data data{};
    data.arch = architecture;
    data.nr = static_cast<int>(number);
    data.args[0] = first;
    data.args[1] = second;
    return test::run_filter(code, data, on).value_or(0);
}

std::vector<sock_filter> decided(std::vector<Alternative> alternatives,
                                 std::uint32_t architecture = AUDIT_ARCH_X86_64,
                                 bool is_wide = true) {
    auto code = decide({{architecture, is_wide, {{call, std::move(alternatives)}}}}, 99);
    REQUIRE(code);
    return std::move(code).value();
}

constexpr std::array<std::uint64_t, 11> edges{0,
                                              1,
                                              2,
                                              0x7FFF'FFFF,
                                              0x8000'0000,
                                              0xFFFF'FFFF,
                                              0x1'0000'0000,
                                              0x1'0000'0001,
                                              0x1'FFFF'FFFF,
                                              0xFFFF'FFFF'0000'0000,
                                              0xFFFF'FFFF'FFFF'FFFF};

bool holds(SeccompOperator op, std::uint64_t left, std::uint64_t right, std::uint64_t masked) {
    switch (op) {
        case SeccompOperator::NotEqual: return left != right;
        case SeccompOperator::LessThan: return left < right;
        case SeccompOperator::LessOrEqual: return left <= right;
        case SeccompOperator::Equal: return left == right;
        case SeccompOperator::GreaterOrEqual: return left >= right;
        case SeccompOperator::GreaterThan: return left > right;
        case SeccompOperator::MaskedEqual: return (left & right) == (masked & right);
    }
    return false;
}

constexpr std::array all_operators{
    SeccompOperator::NotEqual,    SeccompOperator::LessThan,       SeccompOperator::LessOrEqual,
    SeccompOperator::Equal,       SeccompOperator::GreaterOrEqual, SeccompOperator::GreaterThan,
    SeccompOperator::MaskedEqual,
};

}  // namespace

TEST_CASE("every comparison of 64 bits is exact at its edges") {
    for (const SeccompOperator op : all_operators)
        for (const std::uint64_t right : edges)
            for (const std::uint64_t masked : {std::uint64_t{0}, right, ~right}) {
                const auto code = decided({{7, {{0, right, masked, op}}}});
                for (const std::uint64_t left : edges) {
                    CAPTURE(static_cast<int>(op), left, right, masked);
                    CHECK(run(code, AUDIT_ARCH_X86_64, call, left) ==
                          (holds(op, left, right, masked) ? 7 : 99));
                }
            }
}

TEST_CASE("where arguments have 32 bits, the upper half does not count") {
    for (const SeccompOperator op : all_operators) {
        const auto code =
            decided({{7, {{0, 0xFFFF'FFFF'0000'0005, 5, op}}}}, AUDIT_ARCH_I386, false);
        for (const std::uint64_t left : {4U, 5U, 6U})
            CHECK(run(code, AUDIT_ARCH_I386, call, left | 0xAA'0000'0000) ==
                  (holds(op, left, 5, 5) ? 7 : 99));
    }
}

TEST_CASE("the upper half lies behind the lower one, or before it") {
    const std::vector<Alternative> alternatives{
        {7, {{0, 0x1'0000'0002, 0, SeccompOperator::Equal}}}};
    CHECK(run(decided(alternatives), AUDIT_ARCH_X86_64, call, 0x1'0000'0002) == 7);
    const auto big = decided(alternatives, AUDIT_ARCH_S390X);
    CHECK(run(big, AUDIT_ARCH_S390X, call, 0x2'0000'0001) == 7);  // as another byte order has it
}

TEST_CASE("an alternative holds if all its comparisons do; the first that holds decides") {
    const auto code = decided({
        {1, {{0, 10, 0, SeccompOperator::LessThan}, {1, 5, 0, SeccompOperator::Equal}}},
        {2, {{0, 5, 0, SeccompOperator::NotEqual}}},
        {3, {{1, 5, 0, SeccompOperator::Equal}}},
    });
    CHECK(run(code, AUDIT_ARCH_X86_64, call, 3, 5) == 1);
    CHECK(run(code, AUDIT_ARCH_X86_64, call, 3, 6) == 2);
    CHECK(run(code, AUDIT_ARCH_X86_64, call, 5, 5) == 1);
    CHECK(run(code, AUDIT_ARCH_X86_64, call, 50, 5) == 2);
    CHECK(run(code, AUDIT_ARCH_X86_64, call, 5, 6) == 99);
}

TEST_CASE("other calls and other architectures go on to the filter behind") {
    const auto code = decided({{1, {{0, 1, 0, SeccompOperator::Equal}}}});
    CHECK(run(code, AUDIT_ARCH_X86_64, call + 1, 1) == on);
    CHECK(run(code, AUDIT_ARCH_I386, call, 1) == on);
    CHECK(decide({{AUDIT_ARCH_X86_64, true, {}}}, 99).value().empty());
}

TEST_CASE("rules overlap unless each compares the same argument with one value") {
    const auto is = [](std::uint32_t index, SeccompOperator op) {
        return Alternative{1, {{index, 1, 0, op}}};
    };
    constexpr auto equal = SeccompOperator::Equal;
    CHECK_FALSE(overlap({}));
    CHECK_FALSE(overlap({is(0, SeccompOperator::NotEqual)}));
    CHECK_FALSE(overlap({is(0, equal), is(0, equal)}));
    CHECK_FALSE(overlap({{1, {}}, is(0, SeccompOperator::LessThan), is(1, equal)}));
    CHECK(overlap({is(0, equal), is(1, equal)}));
    CHECK(overlap({is(0, equal), is(0, SeccompOperator::NotEqual)}));
    CHECK(overlap({is(0, equal), {1, {{0, 1, 0, equal}, {1, 1, 0, equal}}}}));
}

TEST_CASE("more comparisons than a filter can have are refused") {
    const std::vector<Alternative> many(2000, {1, {{0, 1, 0, SeccompOperator::NotEqual}}});
    const auto code = decide({{AUDIT_ARCH_X86_64, true, {{call, many}}}}, 99);
    REQUIRE_FALSE(code);
    CHECK(code.error().message.find("/linux/seccomp/syscalls") == 0);
}
