// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/controllers/controllers.hpp"

#include "support/catch.hpp"

using namespace oci;

TEST_CASE("files of cgroup v2 that are named come after all that is converted") {
    Resources resources;
    resources.unified = {{"pids.max", "7"}};
    resources.pids_limit = 40;
    const auto writes = cgroups::plan_controllers(resources);
    REQUIRE(writes);
    REQUIRE(writes.value().size() == 2);
    CHECK(writes.value().back().value == "7");
}

TEST_CASE("a value that no controller can have fails all of them") {
    Resources resources;
    resources.unified = {{"cgroup.procs", "1"}};
    CHECK_FALSE(cgroups::plan_controllers(resources));
}

TEST_CASE("what only cgroup v1 has is named in one warning") {
    Resources resources;
    CHECK(cgroups::warnings_of(resources).empty());
    resources.ignored = {"/linux/resources/memory/kernel", "/linux/resources/memory/kernelTCP"};
    const auto warnings = cgroups::warnings_of(resources);
    REQUIRE(warnings.size() == 1);
    CHECK(
        warnings[0].ends_with(": /linux/resources/memory/kernel, "
                              "/linux/resources/memory/kernelTCP"));
}
