// SPDX-License-Identifier: Apache-2.0
#include <vector>

#include "features/cgroups/device_filter.hpp"
#include "support/bpf_machine.hpp"
#include "support/catch.hpp"

using namespace oci;

namespace {

DeviceRule rule(bool allow, char type, std::optional<std::int64_t> major,
                std::optional<std::int64_t> minor, std::string_view access) {
    const auto has = [&](char c) { return access.find(c) != std::string_view::npos; };
    return {allow, type, major, minor, has('r'), has('w'), has('m')};
}
const DeviceRule deny_all = rule(false, 'a', {}, {}, "rwm");
const DeviceRule allow_all = rule(true, 'a', {}, {}, "rwm");

cgroups::DeviceProgram program(const std::vector<DeviceRule>& rules) {
    auto planned = cgroups::plan_device_program(rules);
    REQUIRE(planned);
    return std::move(planned).value();
}

bool may(const cgroups::DeviceProgram& code, char type, unsigned major, unsigned minor,
         std::string_view access) {
    std::uint32_t bits = 0;
    for (const char c : access)
        bits |= c == 'm'   ? BPF_DEVCG_ACC_MKNOD
                : c == 'r' ? BPF_DEVCG_ACC_READ
                           : BPF_DEVCG_ACC_WRITE;
    const std::uint32_t kind = type == 'c' ? BPF_DEVCG_DEV_CHAR : BPF_DEVCG_DEV_BLOCK;
    const auto answer = test::run_device_program(code, {bits << 16U | kind, major, minor});
    REQUIRE(answer);
    return *answer;
}

}  // namespace

TEST_CASE("no device rule leaves the default devices and the making of nodes") {
    const auto code = program({});
    for (const unsigned minor : {3U, 5U, 7U, 8U, 9U}) CHECK(may(code, 'c', 1, minor, "rwm"));
    for (const unsigned minor : {0U, 1U, 2U}) CHECK(may(code, 'c', 5, minor, "rw"));
    CHECK(may(code, 'c', 136, 12345, "rw"));
    CHECK(may(code, 'c', 10, 200, "rw"));
    CHECK(may(code, 'c', 99, 1, "m"));
    CHECK(may(code, 'b', 8, 0, "m"));
    CHECK_FALSE(may(code, 'c', 1, 1, "r"));
    CHECK_FALSE(may(code, 'c', 10, 229, "w"));
    CHECK_FALSE(may(code, 'b', 1, 3, "r"));
    CHECK_FALSE(may(code, 'b', 8, 0, "rm"));
}

TEST_CASE("the last device rule that matches decides") {
    const auto code =
        program({deny_all, rule(true, 'c', 10, 229, "rwm"), rule(false, 'c', 10, 229, "w"),
                 rule(true, 'b', 8, {}, "r"), rule(false, 'b', 8, 1, "r")});
    CHECK(may(code, 'c', 10, 229, "r"));
    CHECK_FALSE(may(code, 'c', 10, 229, "w"));
    CHECK_FALSE(may(code, 'c', 10, 229, "rw"));
    CHECK(may(code, 'b', 8, 0, "r"));
    CHECK(may(code, 'b', 8, 16, "rm"));
    CHECK_FALSE(may(code, 'b', 8, 1, "r"));
}

TEST_CASE("a denial of all undoes what was allowed before it") {
    const auto code = program({rule(true, 'c', 10, 229, "rwm"), deny_all});
    CHECK_FALSE(may(code, 'c', 10, 229, "r"));
    CHECK(may(code, 'c', 1, 3, "rw"));
}

TEST_CASE("an access of two kinds may be allowed by two rules") {
    const auto code = program({rule(true, 'c', 10, 229, "r"), rule(true, 'c', 10, 229, "w")});
    CHECK(may(code, 'c', 10, 229, "rw"));
}

TEST_CASE("absent and negative numbers of a device rule stand for any") {
    const auto code = program(
        {rule(true, 'b', 7, {}, "r"), rule(true, 'b', -1, 4, "w"), rule(true, 'c', {}, 6, "r")});
    CHECK(may(code, 'b', 7, 0, "r"));
    CHECK(may(code, 'b', 7, 4, "rw"));
    CHECK(may(code, 'b', 99, 4, "w"));
    CHECK_FALSE(may(code, 'b', 99, 4, "r"));
    CHECK_FALSE(may(code, 'b', 7, 5, "w"));
    CHECK(may(code, 'c', 77, 6, "rm"));
    CHECK(may(code, 'c', 1, 6, "r"));
    CHECK(may(code, 'c', 136, 6, "rw"));
}

TEST_CASE("rules of type a hold for both types") {
    const auto code = program({rule(true, 'a', 9, {}, "r")});
    CHECK(may(code, 'c', 9, 0, "r"));
    CHECK(may(code, 'b', 9, 0, "r"));
    CHECK_FALSE(may(code, 'b', 9, 0, "w"));
}

TEST_CASE("a container that may use all devices gets no filter") {
    CHECK(program({allow_all}).empty());
    CHECK(program({deny_all, rule(false, 'c', 1, 1, "r"), allow_all}).empty());
    CHECK(program({allow_all, rule(true, 'c', 10, 229, "rwm")}).empty());
    CHECK(program({rule(true, 'c', {}, {}, "rwm"), rule(true, 'b', {}, {}, "rwm")}).empty());
    CHECK(program({{.allow = true, .type = 'a'}}).empty());
}

TEST_CASE("all devices but one") {
    const auto code = program({allow_all, rule(false, 'c', 1, 1, "rwm")});
    CHECK(may(code, 'c', 1, 2, "rwm"));
    CHECK(may(code, 'b', 8, 0, "rwm"));
    CHECK_FALSE(may(code, 'c', 1, 1, "r"));
}

TEST_CASE("the default devices cannot be denied") {
    const auto code = program({deny_all, rule(false, 'c', 1, 3, "rwm")});
    CHECK(may(code, 'c', 1, 3, "rw"));
}

TEST_CASE("device rules that say nothing are refused") {
    CHECK_FALSE(cgroups::plan_device_program({rule(true, 'c', 1, 3, "")}));
    CHECK_FALSE(cgroups::plan_device_program({rule(true, 'p', 1, 3, "r")}));
    CHECK_FALSE(cgroups::plan_device_program({rule(true, 'c', std::int64_t{1} << 32U, 3, "r")}));
}

TEST_CASE("large device numbers are compared without a sign") {
    const auto code = program({rule(true, 'c', 0xFFFFFFFFU, 0x80000000U, "r")});
    CHECK(may(code, 'c', 0xFFFFFFFFU, 0x80000000U, "r"));
    CHECK_FALSE(may(code, 'c', 0xFFFFFFFFU, 0, "r"));
}

TEST_CASE("Docker's rules make a short device program") {
    const auto code = program({deny_all, rule(true, 'c', 1, 5, "rwm"), rule(true, 'c', 1, 3, "rwm"),
                               rule(true, 'c', 1, 9, "rwm"), rule(true, 'c', 1, 8, "rwm"),
                               rule(true, 'c', 5, 0, "rwm"), rule(true, 'c', 5, 1, "rwm"),
                               rule(false, 'c', 10, 229, "rwm")});
    CHECK(code.size() <= 36);
    CHECK(may(code, 'c', 10, 229, "m"));
    CHECK_FALSE(may(code, 'c', 10, 229, "r"));
}

TEST_CASE("the device program agrees with the rules, one after the other") {
    // All rules over a small world, in pseudo-random orders.
    std::uint32_t state = 1;
    const auto next = [&](std::uint32_t bound) {
        state = state * 1664525U + 1013904223U;
        return (state >> 16U) % bound;
    };
    const auto number = [&]() -> std::optional<std::int64_t> {
        const auto n = next(4);
        if (n == 3) return {};
        return 20 + n;
    };
    for (int round = 0; round < 300; ++round) {
        std::vector<DeviceRule> rules;
        for (std::uint32_t i = next(8); i > 0; --i) {
            const unsigned bits = 1 + next(7);
            rules.push_back({next(2) == 0, "abc"[next(3)], number(), number(), (bits & 2U) != 0,
                             (bits & 4U) != 0, (bits & 1U) != 0});
        }
        const auto code = program(rules);
        for (const char type : {'b', 'c'})
            for (unsigned major = 20; major < 24; ++major)
                for (unsigned minor = 20; minor < 24; ++minor)
                    for (const char access : {'r', 'w'}) {
                        bool expected = false;
                        for (const DeviceRule& one : rules)
                            if ((one.type == 'a' || one.type == type) &&
                                one.major.value_or(major) == major &&
                                one.minor.value_or(minor) == minor &&
                                (access == 'r' ? one.read : one.write))
                                expected = one.allow;
                        if (may(code, type, major, minor, {&access, 1}) != expected)
                            FAIL("round " << round << ' ' << type << major << ':' << minor);
                    }
    }
}
