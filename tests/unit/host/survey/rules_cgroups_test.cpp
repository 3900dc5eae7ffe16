// SPDX-License-Identifier: Apache-2.0
#include "host/survey/findings.hpp"
#include "support/catch.hpp"
#include "unit/host/survey/healthy_host.hpp"

using namespace oci;

namespace {

HostInfo without_cgroup_v2(CgroupLayout layout) {
    HostInfo host = test::healthy_host_of_root();
    host.cgroup = {.layout = layout};
    if (layout == CgroupLayout::Legacy) host.cgroup.legacy_controllers = {"memory"};
    return host;
}

}  // namespace

TEST_CASE("systemd mounts cgroup v2 if the kernel's command line says so") {
    HostInfo host = without_cgroup_v2(CgroupLayout::Legacy);
    const auto findings = host::findings_of(host);
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].code == "cgroup-v2-missing");
    CHECK(findings[0].severity == Severity::Error);
    CHECK(findings[0].hint ==
          "sed -i 's/^GRUB_CMDLINE_LINUX=\"/&systemd.unified_cgroup_hierarchy=1 /' "
          "/etc/default/grub && update-grub && reboot");
}

TEST_CASE("cgroup v2 that is only not mounted can be mounted at once") {
    const auto findings = host::findings_of(without_cgroup_v2(CgroupLayout::None));
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].hint == "mount -t cgroup2 none /sys/fs/cgroup");
}

TEST_CASE("controllers that cgroup v1 holds are named") {
    HostInfo host = test::healthy_host_of_root();
    host.cgroup.layout = CgroupLayout::Hybrid;
    host.cgroup.legacy_controllers = {"blkio", "devices", "memory"};
    host.systemd.running = false;
    const auto findings = host::findings_of(host);
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].code == "cgroup-hybrid");
    CHECK(findings[0].message.find("io, memory:") != std::string::npos);
    CHECK(findings[0].hint.find("cgroup_no_v1=all") != std::string::npos);
    host.cgroup.legacy_controllers = {"devices", "net_cls"};
    CHECK(host::findings_of(host).empty());
}

TEST_CASE("a read-only hierarchy is root's to remount") {
    HostInfo host = test::healthy_host_of_root();
    host.cgroup.can_make_children = false;
    const auto findings = host::findings_of(host);
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].hint == "mount -o remount,rw /sys/fs/cgroup");
}

TEST_CASE("a user without a session is told to linger") {
    HostInfo host = test::healthy_host();
    host.systemd.user_bus.clear();
    const auto findings = host::findings_of(host);
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].code == "user-session-missing");
    CHECK(findings[0].hint == "loginctl enable-linger user");
}

TEST_CASE("controllers that are not delegated are a line for systemd") {
    HostInfo host = test::healthy_host();
    host.cgroup.delegated = {"memory", "pids"};
    const auto findings = host::findings_of(host);
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].code == "controllers-not-delegated");
    CHECK(findings[0].message.starts_with("cpu, cpuset, io may not"));
    CHECK(findings[0].hint.find("Delegate=cpu cpuset io memory pids") != std::string::npos);
    CHECK(findings[0].hint.ends_with("systemctl daemon-reload"));
    // What the host has not is not to be delegated.
    host.cgroup.controllers = {"memory", "pids", "rdma"};
    CHECK(host::findings_of(host).empty());
}

TEST_CASE("a cgroup of somebody else's is left by a scope of one's own") {
    HostInfo host = test::healthy_host();
    host.cgroup.can_make_children = false;
    const auto findings = host::findings_of(host);
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].severity == Severity::Info);
    CHECK(findings[0].hint.starts_with("systemd-run --user --scope --property=Delegate=yes"));
}
