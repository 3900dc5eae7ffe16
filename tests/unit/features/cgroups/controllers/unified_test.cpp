// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "unit/features/cgroups/controllers/lines.hpp"

using namespace oci;
using test::Lines;

namespace {

Lines lines(const std::string& key, const std::string& value) {
    Resources resources;
    resources.unified = {{key, value}};
    return test::lines_of(cgroups::unified::plan, resources);
}

}  // namespace

TEST_CASE("unified values are written line by line") {
    CHECK(lines("memory.high", "1000") == Lines{"memory.high 1000"});
    CHECK(lines("io.max", "8:0 rbps=1\n8:16 wbps=2\n") ==
          Lines{"io.max 8:0 rbps=1", "io.max 8:16 wbps=2"});
    CHECK(lines("hugetlb.1GB.rsvd.max", "0") == Lines{"hugetlb.1GB.rsvd.max 0"});
}

TEST_CASE("a unified file belongs to the controller it is named after") {
    Resources resources;
    resources.unified = {{"misc.max", "res_a 1"}, {"cgroup.max.depth", "3"}};
    cgroups::Writes writes;
    REQUIRE(cgroups::unified::plan(resources, writes));
    CHECK(writes[0].controller == "misc");
    CHECK(writes[1].controller.empty());
    CHECK(cgroups::limits_anything(writes));
}

TEST_CASE("a unified key is a file name of cgroup v2") {
    for (const char* key :
         {"", "memory", ".", "..", "memory.", ".max", "../memory.max", "a/memory.max",
          "/memory.max", "memory..max", "Memory.max", "memory.max\n", "memory. max"})
        CHECK(test::is_error(lines(key, "1")));
}

TEST_CASE("unified moves, freezes and kills nothing") {
    for (const char* key : {"cgroup.procs", "cgroup.threads", "cgroup.subtree_control",
                            "cgroup.freeze", "cgroup.kill", "cgroup.type"})
        CHECK(test::is_error(lines(key, "1")));
}
