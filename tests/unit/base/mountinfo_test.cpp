// SPDX-License-Identifier: Apache-2.0
#include "base/mountinfo.hpp"

#include "support/catch.hpp"

TEST_CASE("a line of mountinfo has a root, a place and a type") {
    const auto mounts = oci::parse_mountinfo(
        "22 1 0:20 / /proc rw,nosuid shared:5 master:1 - proc proc rw\n"
        "31 22 8:1 /sub /mnt/a\\040b\\134c rw - ext4 /dev/sda1 rw\n");
    REQUIRE(mounts.size() == 2);
    CHECK(mounts[0].root == "/");
    CHECK(mounts[0].mount_point == "/proc");
    CHECK(mounts[0].type == "proc");
    CHECK(mounts[1].root == "/sub");
    CHECK(mounts[1].mount_point == "/mnt/a b\\c");
    CHECK(mounts[1].type == "ext4");
}

TEST_CASE("what is no line of mountinfo is left out") {
    CHECK(oci::parse_mountinfo("").empty());
    CHECK(oci::parse_mountinfo("nonsense\n - proc\n22 1 0:20 / - proc proc rw\n").empty());
    CHECK(oci::parse_mountinfo("22 1 0:20 / /proc rw proc proc rw\n").empty());
}
