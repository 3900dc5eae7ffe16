// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "unit/features/cgroups/controllers/lines.hpp"

using namespace oci;
using test::Lines;

TEST_CASE("cpus and mems are lists as they are") {
    Resources resources;
    resources.cpu.cpus = "0-3,7";
    resources.cpu.mems = "0";
    CHECK(test::lines_of(cgroups::cpuset::plan, resources) ==
          Lines{"cpuset.cpus 0-3,7", "cpuset.mems 0"});
    CHECK(test::lines_of(cgroups::cpuset::plan, {}).empty());
}

TEST_CASE("cpus that are no list are refused") {
    Resources resources;
    resources.cpu.cpus = "all";
    CHECK(test::is_error(test::lines_of(cgroups::cpuset::plan, resources)));
}
