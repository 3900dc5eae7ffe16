// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "unit/features/cgroups/controllers/lines.hpp"

using namespace oci;
using test::Lines;

namespace {

Lines lines(const CpuResources& cpu) {
    Resources resources;
    resources.cpu = cpu;
    return test::lines_of(cgroups::cpu::plan, resources);
}

std::string weight(std::uint64_t shares) {
    const Lines all = lines({.shares = shares});
    return all.empty() ? "" : all[0];
}

}  // namespace

TEST_CASE("cpu shares become a weight by the curve that keeps the defaults equal") {
    CHECK(weight(0).empty());
    CHECK(weight(1) == "cpu.weight 1");
    CHECK(weight(2) == "cpu.weight 1");
    CHECK(weight(3) == "cpu.weight 2");
    CHECK(weight(512) == "cpu.weight 59");
    CHECK(weight(1024) == "cpu.weight 100");
    CHECK(weight(262'143) == "cpu.weight 10000");
    CHECK(weight(262'144) == "cpu.weight 10000");
    CHECK(weight(1'000'000) == "cpu.weight 10000");
}

TEST_CASE("cpu weights grow with the shares and stay in range") {
    int before = 1;
    for (std::uint64_t shares = 2; shares <= 262'144; shares += 97) {
        const int now = std::stoi(weight(shares).substr(11));
        CHECK((now >= before && now <= 10'000));
        before = now;
    }
}

TEST_CASE("quota and period are one line") {
    CHECK(lines({.quota = 50'000}) == Lines{"cpu.max 50000 100000"});
    CHECK(lines({.quota = 50'000, .period = 20'000}) == Lines{"cpu.max 50000 20000"});
    CHECK(lines({.quota = -1}) == Lines{"cpu.max max 100000"});
    CHECK(lines({.period = 20'000}) == Lines{"cpu.max max 20000"});
}

TEST_CASE("zeros of the cpu section mean unset") {
    CHECK(lines({.shares = 0, .quota = 0, .period = 0}).empty());
}

TEST_CASE("burst follows the quota") {
    CHECK(lines({.quota = 50'000, .burst = 10'000}) ==
          Lines{"cpu.max 50000 100000", "cpu.max.burst 10000"});
}

TEST_CASE("an idle cgroup gets no weight") {
    CHECK(lines({.shares = 512, .idle = 1}) == Lines{"cpu.idle 1"});
    CHECK(lines({.shares = 512, .idle = 0}) == Lines{"cpu.idle 0", "cpu.weight 59"});
    CHECK(test::is_error(lines({.idle = 2})));
}

TEST_CASE("cpu values that are the kernel's own need no controller") {
    Resources resources;
    resources.cpu = {.quota = -1, .burst = 0, .idle = 0};
    cgroups::Writes writes;
    REQUIRE(cgroups::cpu::plan(resources, writes));
    CHECK_FALSE(cgroups::limits_anything(writes));
}
