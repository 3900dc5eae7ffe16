// SPDX-License-Identifier: Apache-2.0
#include "base/membership.hpp"

#include "support/catch.hpp"

using oci::cgroup_in;
using oci::legacy_controllers_in;

namespace {

constexpr std::string_view hybrid =
    "8:pids:/a\n5:cpu,cpuacct:/a\n1:name=systemd:/user.slice\n0::/user.slice/a:b.scope\n";

}  // namespace

TEST_CASE("the line of cgroup v2 has the number 0, and its path may hold colons") {
    CHECK(cgroup_in("0::/\n") == "/");
    CHECK(cgroup_in("0::/../other\n") == "/../other");
    CHECK(cgroup_in(hybrid) == "/user.slice/a:b.scope");
}

TEST_CASE("without cgroup v2 there is no such line") {
    CHECK(cgroup_in("").empty());
    CHECK(cgroup_in("8:pids:/a\n").empty());
    CHECK(cgroup_in("10::/a\n0:pids:/a\n0:\n\n").empty());
}

TEST_CASE("cgroup v1 may have several controllers in one hierarchy, or none") {
    CHECK(legacy_controllers_in(hybrid) == std::vector<std::string_view>{"pids", "cpu", "cpuacct"});
    CHECK(legacy_controllers_in("0::/a\n1:name=systemd:/\n").empty());
}
