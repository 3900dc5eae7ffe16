// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/location.hpp"

#include "support/catch.hpp"

using namespace oci;
using cgroups::parse_cgroups_path;
using cgroups::parse_sub_cgroup;

TEST_CASE("a relative cgroupsPath lies below the mount point, as an absolute one") {
    CHECK(parse_cgroups_path("/docker/abc").value() == "/docker/abc");
    CHECK(parse_cgroups_path("docker//./abc/").value() == "/docker/abc");
}

TEST_CASE("a cgroupsPath in systemd's form is taken literally") {
    CHECK(parse_cgroups_path("user.slice:libpod:abc").value() == "/user.slice:libpod:abc");
}

TEST_CASE("a cgroupsPath leads neither up nor to the root of all cgroups") {
    for (const char* path : {"..", "/../x", "/a/../b", "a/..", "/", ".", "//./"})
        CHECK_FALSE(parse_cgroups_path(path));
}

TEST_CASE("a cgroupsPath has no control characters") {
    CHECK_FALSE(parse_cgroups_path(std::string_view{"/a\0b", 4}));
    CHECK_FALSE(parse_cgroups_path("/a\nb"));
    CHECK_FALSE(parse_cgroups_path("/a\x7f"));
}

TEST_CASE("a sub-cgroup is relative and stays inside") {
    CHECK(parse_sub_cgroup("").value() == ".");
    CHECK(parse_sub_cgroup("./").value() == ".");
    CHECK(parse_sub_cgroup("a//b").value() == "a/b");
    for (const char* path : {"..", "../..", "a/../..", "a/..", "/", "/a", "a\nb"}) {
        const auto parsed = parse_sub_cgroup(path);
        REQUIRE_FALSE(parsed);
        CHECK(parsed.error().message.find("bad sub cgroup path") == 0);
    }
}
