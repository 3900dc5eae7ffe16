// SPDX-License-Identifier: Apache-2.0
#include "features/seccomp/unknown_calls.hpp"

#include <linux/audit.h>

#include <cerrno>

#include "support/bpf_machine.hpp"
#include "support/catch.hpp"

using oci::seccomp::KnownCalls;
using oci::seccomp::refuse_unknown_calls;

namespace {

constexpr std::uint32_t on = 0x7777'7777;  // fell off the end
constexpr std::uint32_t enosys = SECCOMP_RET_ERRNO | ENOSYS;
constexpr std::uint32_t no_end = 0xffff'ffff;

std::uint32_t run(const std::vector<sock_filter>& code, std::uint32_t architecture,
                  std::uint32_t number) {
    seccomp_data data{};
    data.arch = architecture;
    data.nr = static_cast<int>(number);
    return oci::test::run_filter(code, data, on).value_or(0);
}

}  // namespace

TEST_CASE("nothing is refused where the profile names nothing") {
    CHECK(refuse_unknown_calls({}).empty());
}

TEST_CASE("a number above the last one answers ENOSYS, on each architecture by itself") {
    const auto code = refuse_unknown_calls({{AUDIT_ARCH_X86_64, 334, 0x4000'0000},
                                            {AUDIT_ARCH_X86_64, 0x4000'0223, no_end},
                                            {AUDIT_ARCH_I386, 441, no_end}});
    CHECK(run(code, AUDIT_ARCH_X86_64, 0) == on);
    CHECK(run(code, AUDIT_ARCH_X86_64, 334) == on);
    CHECK(run(code, AUDIT_ARCH_X86_64, 335) == enosys);
    CHECK(run(code, AUDIT_ARCH_X86_64, 0x3fff'ffff) == enosys);
    CHECK(run(code, AUDIT_ARCH_X86_64, 0x4000'0000) == on);
    CHECK(run(code, AUDIT_ARCH_X86_64, 0x4000'0223) == on);
    CHECK(run(code, AUDIT_ARCH_X86_64, 0x4000'0224) == enosys);
    CHECK(run(code, AUDIT_ARCH_I386, 335) == on);
    CHECK(run(code, AUDIT_ARCH_I386, 442) == enosys);
    CHECK(run(code, AUDIT_ARCH_AARCH64, 100000) == on);
}

TEST_CASE("the numbers of an ABI that the profile leaves out reach the filter") {
    const auto code = refuse_unknown_calls({{AUDIT_ARCH_X86_64, 334, 0x4000'0000}});
    CHECK(run(code, AUDIT_ARCH_X86_64, 0x4000'0000) == on);
    CHECK(run(code, AUDIT_ARCH_X86_64, no_end) == on);
}

TEST_CASE("number 0 is unknown where the kernel says it for all that are out of range") {
    const auto code = refuse_unknown_calls(
        {{AUDIT_ARCH_X86_64, 334, 0x4000'0000}, {AUDIT_ARCH_S390X, 448, no_end, true}});
    CHECK(run(code, AUDIT_ARCH_S390X, 0) == enosys);
    CHECK(run(code, AUDIT_ARCH_S390X, 1) == on);
    CHECK(run(code, AUDIT_ARCH_S390X, 449) == enosys);
    CHECK(run(code, AUDIT_ARCH_X86_64, 0) == on);
}

TEST_CASE("all architectures together stay in the reach of a conditional jump") {
    std::vector<KnownCalls> abis;
    for (std::uint32_t architecture = 1; architecture <= 24; ++architecture)
        abis.push_back({architecture, 100 + architecture, no_end, true});
    const auto code = refuse_unknown_calls(abis);
    CHECK(code.size() <= 256);
    for (std::uint32_t architecture = 1; architecture <= 24; ++architecture) {
        CHECK(run(code, architecture, 100 + architecture) == on);
        CHECK(run(code, architecture, 101 + architecture) == enosys);
    }
}
