// SPDX-License-Identifier: Apache-2.0
#include "host/survey/cgroups.hpp"

#include "support/catch.hpp"
#include "support/temporary_directory.hpp"

using namespace oci;

namespace {

constexpr const char* unified =
    "25 1 0:22 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";
constexpr const char* hybrid =
    "25 1 0:22 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n"
    "26 25 0:23 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
    "27 25 0:24 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
constexpr const char* legacy =
    "25 1 0:22 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n"
    "26 25 0:23 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n";

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("cgroup v2 alone is unified") {
    const CgroupInfo cgroup = host::cgroups_in(unified, "0::/user.slice/user-1000.slice\n");
    CHECK(cgroup.layout == CgroupLayout::Unified);
    CHECK(cgroup.mount_point == "/sys/fs/cgroup");
    CHECK(cgroup.own == "/user.slice/user-1000.slice");
    CHECK(cgroup.legacy_controllers.empty());
}

TEST_CASE("a named hierarchy of cgroup v1 holds no controller") {
    CHECK(host::cgroups_in(unified, "1:name=systemd:/\n0::/\n").layout == CgroupLayout::Unified);
}

TEST_CASE("controllers of v1 beside v2 are hybrid") {
    const CgroupInfo cgroup =
        host::cgroups_in(hybrid, "4:memory:/a:b\n2:cpu,cpuacct:/\n1:name=systemd:/\n0::/own\n");
    CHECK(cgroup.layout == CgroupLayout::Hybrid);
    CHECK(cgroup.mount_point == "/sys/fs/cgroup/unified");
    CHECK(cgroup.legacy_controllers == Names{"cpu", "cpuacct", "memory"});
    CHECK(cgroup.own == "/own");
}

TEST_CASE("v1 alone is legacy, neither is none") {
    CHECK(host::cgroups_in(legacy, "4:memory:/\n").layout == CgroupLayout::Legacy);
    CHECK(host::cgroups_in("", "").layout == CgroupLayout::None);
    CHECK(host::cgroups_in("no mountinfo\n\n- -\n", "nonsense").layout == CgroupLayout::None);
}

TEST_CASE("what is mounted last is what is seen") {
    const std::string covered =
        std::string{unified} + "30 25 0:40 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n";
    CHECK(host::cgroups_in(covered, "0::/").layout == CgroupLayout::None);
}

TEST_CASE("a user divides the cgroup of its own manager") {
    const test::TemporaryDirectory tree;
    tree.write("proc/self/mountinfo", unified);
    tree.write("proc/self/cgroup", "0::/user.slice/user-1000.slice/session-1.scope\n");
    tree.write("sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory pids\n");
    const std::string slice = "sys/fs/cgroup/user.slice/user-1000.slice/";
    tree.write(slice + "session-1.scope/cgroup.controllers", "\n");
    tree.write(slice + "user@1000.service/cgroup.controllers", "memory pids\n");
    const UniqueFd root = tree.open();
    const CgroupInfo cgroup =
        host::survey_cgroups(root, {.uid = 1000, .name = "user", .is_host_root = false});
    CHECK(cgroup.controllers == Names{"cpuset", "cpu", "io", "memory", "pids"});
    CHECK(cgroup.delegation == "/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service");
    CHECK(cgroup.delegated == Names{"memory", "pids"});
    CHECK_FALSE(cgroup.can_make_children);
}

TEST_CASE("a cgroup can be divided by whoever may write to it") {
    const test::TemporaryDirectory tree;
    tree.write("proc/self/mountinfo", unified);
    tree.write("proc/self/cgroup", "0::/own\n");
    tree.write("sys/fs/cgroup/own/cgroup.procs", "");
    const UniqueFd root = tree.open();
    CHECK(host::survey_cgroups(root, {}).can_make_children);
}

TEST_CASE("a cgroup outside of the cgroup namespace is not looked at") {
    const test::TemporaryDirectory tree;
    tree.write("proc/self/mountinfo", unified);
    tree.write("proc/self/cgroup", "0::/../other\n");
    const UniqueFd root = tree.open();
    const CgroupInfo cgroup = host::survey_cgroups(root, {});
    CHECK(cgroup.delegation.empty());
    CHECK_FALSE(cgroup.can_make_children);
}
