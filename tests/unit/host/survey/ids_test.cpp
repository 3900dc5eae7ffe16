// SPDX-License-Identifier: Apache-2.0
#include "host/survey/ids.hpp"

#include "support/catch.hpp"
#include "support/in_child.hpp"
#include "support/temporary_directory.hpp"

using namespace oci;

namespace {

const UserInfo user{.uid = 1000, .name = "user", .is_host_root = false};

}  // namespace

TEST_CASE("ranges are granted by name and by number") {
    const auto ranges = host::id_ranges_of("user:100000:65536\nother:1:2\n1000:300000:10\n", user);
    REQUIRE(ranges.size() == 2);
    CHECK(ranges[0].first == 100000);
    CHECK(ranges[0].count == 65536);
    CHECK(ranges[1].first == 300000);
}

TEST_CASE("lines that grant nothing are passed over") {
    CHECK(host::id_ranges_of("", user).empty());
    CHECK(host::id_ranges_of("# user:1:2\nuser\nuser:1\nuser:x:2\nuser:1:0\nuser:1:2:3\n"
                             "user:-1:2\nuser:4294967296:2\n:1:2\n",
                             user)
              .empty());
}

TEST_CASE("a new range begins behind all others") {
    CHECK(host::first_free_id("", "") == 100000);
    CHECK(host::first_free_id("a:100000:65536\n", "") == 165536);
    CHECK(host::first_free_id("", "a:100000:65537\n") == 231072);
    CHECK(host::first_free_id("a:1000:10\n", "") == 100000);
    // Nothing is left: what can be said is within the range of ids.
    CHECK(host::first_free_id("a:4294901760:65535\n", "") < 0xffff0000U);
}

TEST_CASE("helpers are found where they are installed, with or without their privilege") {
    const test::TemporaryDirectory tree;
    tree.write("usr/bin/newuidmap", "", 0755);
    tree.write("etc/subuid", "user:100000:65536\n");
    const UniqueFd root = tree.open();
    const SubordinateIds ids = host::survey_ids(root, user);
    REQUIRE(ids.helpers.size() == 2);
    CHECK(ids.helpers[0].path == "/usr/bin/newuidmap");
    CHECK_FALSE(ids.helpers[0].privileged);
    CHECK(ids.helpers[1].name == "newgidmap");
    CHECK(ids.helpers[1].path.empty());
    CHECK(ids.uids.size() == 1);
    CHECK(ids.gids.empty());
    CHECK(ids.free_from == 165536);
}

TEST_CASE("a helper that is setuid root is privileged") {
    if (!test::is_root()) return;
    const test::TemporaryDirectory tree;
    tree.write("usr/bin/newuidmap", "", 04755);
    const UniqueFd root = tree.open();
    CHECK(host::survey_ids(root, user).helpers[0].privileged);
}

TEST_CASE("limits are read where the kernel has them") {
    const test::TemporaryDirectory tree;
    tree.write("proc/sys/user/max_user_namespaces", "0\n");
    tree.write("proc/sys/kernel/unprivileged_userns_clone", "0\n");
    tree.write("proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1\n");
    const UniqueFd root = tree.open();
    const UserNamespaceInfo info = host::survey_user_namespace_limits(root);
    CHECK(info.limits == std::map<std::string, std::uint64_t>{{"max_user_namespaces", 0}});
    CHECK(info.unprivileged == false);
    CHECK(info.restricted_by_apparmor == true);

    const test::TemporaryDirectory empty;
    const UniqueFd nothing = empty.open();
    const UserNamespaceInfo unknown = host::survey_user_namespace_limits(nothing);
    CHECK(unknown.limits.empty());
    CHECK_FALSE(unknown.unprivileged);
    CHECK_FALSE(unknown.restricted_by_apparmor);
}

TEST_CASE("ids are granted if one range has all of them") {
    const std::vector<oci::IdRange> granted{{1000, 10}, {1010, 10}, {4294967290U, 5}};
    CHECK(oci::host::is_granted(granted, 1000, 10));
    CHECK(oci::host::is_granted(granted, 1019, 1));
    CHECK_FALSE(oci::host::is_granted(granted, 1005, 10));  // newuidmap does not join ranges
    CHECK_FALSE(oci::host::is_granted(granted, 999, 2));
    CHECK(oci::host::is_granted(granted, 4294967290U, 5));
    CHECK_FALSE(oci::host::is_granted(granted, 4294967294U, 4294967295U));
}
