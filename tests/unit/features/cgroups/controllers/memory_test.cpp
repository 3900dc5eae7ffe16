// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "unit/features/cgroups/controllers/lines.hpp"

using namespace oci;
using test::Lines;

namespace {

Lines lines(const MemoryResources& memory) {
    Resources resources;
    resources.memory = memory;
    return test::lines_of(cgroups::memory::plan, resources);
}

}  // namespace

TEST_CASE("a memory limit and a reservation are sizes") {
    CHECK(lines({.limit = 1000, .reservation = 500}) == Lines{"memory.max 1000", "memory.low 500"});
}

TEST_CASE("zeros of the memory section mean unset") {
    CHECK(lines({.limit = 0, .reservation = 0, .swap = 0}).empty());
}

TEST_CASE("swap is counted apart from memory") {
    CHECK(lines({.limit = 1000, .swap = 1500}) == Lines{"memory.swap.max 500", "memory.max 1000"});
    CHECK(lines({.limit = 1000, .swap = 1000}) == Lines{"memory.swap.max 0", "memory.max 1000"});
    CHECK(lines({.limit = 1000, .swap = -1}) == Lines{"memory.swap.max max", "memory.max 1000"});
    CHECK(lines({.swap = -1}) == Lines{"memory.swap.max max"});
}

TEST_CASE("unlimited memory means unlimited swap") {
    CHECK(lines({.limit = -1}) == Lines{"memory.swap.max max", "memory.max max"});
}

TEST_CASE("a swap limit needs a memory limit that is not larger") {
    CHECK(test::is_error(lines({.swap = 1000})));
    CHECK(test::is_error(lines({.limit = 0, .swap = 1000})));
    CHECK(test::is_error(lines({.limit = 1000, .swap = 999})));
    CHECK(test::is_error(lines({.limit = -1, .swap = 1000})));
}

TEST_CASE("memory sizes below -1 are refused") {
    CHECK(test::is_error(lines({.limit = -2})));
    CHECK(test::is_error(lines({.reservation = -2})));
    CHECK(test::is_error(lines({.limit = 1, .swap = -2})));
}

TEST_CASE("swap turned off is fine on a kernel without swap accounting") {
    Resources resources;
    resources.memory = {.limit = 1000, .swap = 1000};
    cgroups::Writes writes;
    REQUIRE(cgroups::memory::plan(resources, writes));
    CHECK(writes[0].may_be_missing);
    CHECK_FALSE(writes[1].may_be_missing);
}
