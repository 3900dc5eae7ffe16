// SPDX-License-Identifier: Apache-2.0
#include "host/survey/ids.hpp"

#include "support/catch.hpp"
#include "support/in_child.hpp"
#include "support/temporary_directory.hpp"

using namespace oci;

namespace {

const UserInfo user{.uid = 1000, .name = "user", .is_host_root = false};

}  // namespace

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
