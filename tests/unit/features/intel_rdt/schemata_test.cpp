// SPDX-License-Identifier: Apache-2.0
#include "features/intel_rdt/schemata.hpp"

#include "support/catch.hpp"

using namespace oci::intel_rdt;

namespace {

// As the kernel prints it: aligned, and masks with zeros in front.
constexpr std::string_view shown = "    MB:0= 50;1=100\n    L3:0=00f;1=7ff\n";

}  // namespace

TEST_CASE("cache and bandwidth become one text") {
    CHECK(combined("L3:0=f", "MB:0=20") == "L3:0=f\nMB:0=20");
    CHECK(combined("L3:0=f", "") == "L3:0=f");
    CHECK(combined("", "MB:0=20") == "MB:0=20");
    CHECK(combined("", "").empty());
}

TEST_CASE("bandwidth among the cache lines gives way to memBwSchema") {
    CHECK(combined("L3CODE:0=f\nMB:0=70\nL3DATA:0=f0", "MB:0=20") ==
          "L3CODE:0=f\nL3DATA:0=f0\nMB:0=20");
    CHECK(combined("L3:0=f\nMB:0=70", "") == "L3:0=f\nMB:0=70");
}

TEST_CASE("a class agrees with what it shows, however that is written") {
    CHECK(agrees(shown, "L3:0=f;1=7ff\nMB:0=50;1=100", 10));
    CHECK(agrees(shown, "L3:1=7FF", 10));
    CHECK(agrees(shown, " L3 : 0 = 0x0f ;", 10));
    CHECK(agrees(shown, "", 10));
}

TEST_CASE("a class disagrees with any other share") {
    CHECK_FALSE(agrees(shown, "L3:0=1f", 10));
    CHECK_FALSE(agrees(shown, "L3:0=f\nMB:0=60", 10));
    CHECK_FALSE(agrees(shown, "L3:2=f", 10));
    CHECK_FALSE(agrees(shown, "L2:0=f", 10));
    CHECK_FALSE(agrees(shown, "nonsense", 10));
    CHECK_FALSE(agrees(shown, "L3:f", 10));
    CHECK_FALSE(agrees("", "L3:0=f", 10));
}

TEST_CASE("bandwidth agrees when the kernel has rounded it up") {
    CHECK(agrees("MB:0=50", "MB:0=45", 10));
    CHECK_FALSE(agrees("MB:0=50", "MB:0=45", 1));
    CHECK_FALSE(agrees("MB:0=50", "MB:0=35", 10));
    CHECK(agrees("MB:0=max", "MB:0=max", 10));
}
