// SPDX-License-Identifier: Apache-2.0
#include "features/intel_rdt/intel_rdt.hpp"
#include "support/catch.hpp"

using namespace oci;

namespace {

intel_rdt::Plan planned(IntelRdt rdt, const std::string& id = "box") {
    Spec spec;
    spec.linux_section.intel_rdt = std::move(rdt);
    const auto plan = intel_rdt::plan(spec, id);
    REQUIRE(plan);
    return plan.value();
}

}  // namespace

TEST_CASE("without intelRdt nothing of resctrl is wanted") {
    const auto plan = intel_rdt::plan(Spec{}, "box");
    REQUIRE(plan);
    CHECK_FALSE(plan.value().wanted);
    CHECK(intel_rdt::find_mount_point(plan.value()).value().empty());
    CHECK(intel_rdt::expect(plan.value(), "").value().clos.empty());
}

TEST_CASE("a class without a name has the container's, and need not be there") {
    const auto plan = planned({});
    CHECK(plan.wanted);
    CHECK(plan.clos == "box");
    CHECK_FALSE(plan.must_exist);
}

TEST_CASE("the class of a single slash is the root of resctrl") {
    CHECK(planned({.clos_id = "/"}).clos.empty());
}

TEST_CASE("a class chosen by its name alone must be there") {
    CHECK(planned({.clos_id = "gold"}).must_exist);
    CHECK(planned({.clos_id = "gold", .enable_monitoring = true}).must_exist);
    CHECK_FALSE(planned({.clos_id = "gold", .schemata = {"L3:0=f"}}).must_exist);
    CHECK_FALSE(planned({.clos_id = "gold", .l3_cache_schema = "L3:0=f"}).must_exist);
    CHECK_FALSE(planned({.clos_id = "gold", .mem_bw_schema = "MB:0=10"}).must_exist);
}

TEST_CASE("lines of schemata stay as they are, apart from the older fields") {
    const auto plan = planned({.schemata = {"L3:0=f", "MB:0=10"}, .l3_cache_schema = "L3:0=ff"});
    CHECK(plan.shares == "L3:0=ff");
    CHECK(plan.schemata == "L3:0=f\nMB:0=10");
}

TEST_CASE("the group that measures has the container's name") {
    CHECK(planned({.clos_id = "gold", .enable_monitoring = true}).monitoring == "box");
    CHECK(planned({.clos_id = "gold"}).monitoring.empty());
}

TEST_CASE("a container cannot take the names of resctrl itself") {
    Spec spec;
    spec.linux_section.intel_rdt.emplace();
    for (const char* id : {"info", "mon_groups", "mon_data"})
        CHECK_FALSE(intel_rdt::plan(spec, id));
    spec.linux_section.intel_rdt->clos_id = "gold";
    CHECK(intel_rdt::plan(spec, "info"));
}

TEST_CASE("resctrl is found by its type") {
    CHECK(intel_rdt::mount_point_in(
              "22 1 0:20 / /proc rw - proc proc rw\n"
              "30 1 0:29 /gold /mnt rw - resctrl resctrl rw\n"
              "31 1 0:29 / /sys/fs/res\\040ctrl rw shared:9 - resctrl x rw\n") ==
          "/sys/fs/res ctrl");
    CHECK(intel_rdt::mount_point_in("22 1 0:20 / /resctrl rw - tmpfs resctrl rw\n").empty());
    CHECK(intel_rdt::mount_point_in("nonsense\n - resctrl\n").empty());
}

TEST_CASE("the features tell of intelRdt as it is built in") {
    Features features;
    intel_rdt::describe(features);
    CHECK(features.intel_rdt.enabled);
    CHECK(features.intel_rdt.schemata);
    CHECK(features.intel_rdt.monitoring);
}
