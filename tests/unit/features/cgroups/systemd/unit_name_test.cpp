// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/systemd/unit_name.hpp"

#include "support/catch.hpp"

using namespace oci::cgroups::systemd;

namespace {

UnitName parsed(std::string_view path) {
    INFO(path);
    auto name = parse_unit_path(path, "system.slice");
    REQUIRE(name);
    return std::move(name).value();
}

}  // namespace

TEST_CASE("slice, prefix and name are a scope in a slice") {
    CHECK(parsed("system.slice:docker:abc") == UnitName{"system.slice", "docker-abc.scope"});
    CHECK(parsed("machine.slice::abc") == UnitName{"machine.slice", "abc.scope"});
    CHECK(parsed(":oci-rt:box") == UnitName{"system.slice", "oci-rt-box.scope"});
    CHECK(parsed("-.slice:a:b") == UnitName{"-.slice", "a-b.scope"});
}

TEST_CASE("a name that ends in .slice is a slice itself") {
    CHECK(parsed("machine.slice:x:machine-web.slice") ==
          UnitName{"machine.slice", "machine-web.slice"});
}

TEST_CASE("bytes that names of units may not have are escaped") {
    CHECK(parsed(":a:b+c").unit == "a-b\\x2bc.scope");
    CHECK(parsed(":a:b c").unit == "a-b\\x20c.scope");
}

TEST_CASE("a cgroupsPath that is not three parts is refused") {
    for (const char* path :
         {"", "/a/b", "a", "a:b", "a.slice:b:c:d", "a.slice:b:", "::", "noslice:a:b", ".slice:a:b",
          "-a.slice:a:b", "a-.slice:a:b", "a--b.slice:a:b", "a/b.slice:a:b", "a.slice:b:c/d",
          "a b.slice:a:b", "a.slice:b:-.slice", "a.slice:b:c--d.slice"}) {
        INFO(path);
        const auto name = parse_unit_path(path, "system.slice");
        REQUIRE_FALSE(name);
        CHECK(name.error().pointer == "/linux/cgroupsPath");
    }
    CHECK_FALSE(parse_unit_path(":a:" + std::string(300, 'x'), "system.slice"));
}

TEST_CASE("a slice lies below those its name begins with") {
    CHECK(cgroup_of_slice("-.slice").empty());
    CHECK(cgroup_of_slice("system.slice") == "/system.slice");
    CHECK(cgroup_of_slice("a-b-c.slice") == "/a.slice/a-b.slice/a-b-c.slice");
    CHECK(cgroup_of({"kubepods-pod_1.slice", "crio-x.scope"}) ==
          "/kubepods.slice/kubepods-pod_1.slice/crio-x.scope");
    CHECK(cgroup_of({"system.slice", "a-b.slice"}) == "/a.slice/a-b.slice");
}
