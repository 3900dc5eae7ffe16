// SPDX-License-Identifier: Apache-2.0
#include "host/survey/findings.hpp"

#include "support/catch.hpp"
#include "unit/host/survey/healthy_host.hpp"

using namespace oci;

namespace {

/// The one finding there is; one with another code if there are none or several.
Finding only_finding(const HostInfo& host) {
    auto findings = host::findings_of(host);
    if (findings.size() != 1) return {.code = "findings: " + std::to_string(findings.size())};
    return findings.front();
}

}  // namespace

TEST_CASE("where nothing is amiss nothing is found") {
    CHECK(host::findings_of(test::healthy_host()).empty());
    CHECK(host::findings_of(test::healthy_host_of_root()).empty());
}

TEST_CASE("a kernel without what every container needs is an error") {
    HostInfo host = test::healthy_host();
    host.kernel.features[0].available = false;
    const Finding found = only_finding(host);
    CHECK(found.code == "kernel-feature-missing");
    CHECK(found.severity == Severity::Error);
    CHECK(found.message.find("openat2") != std::string::npos);
    CHECK(found.hint == "apt-get update && apt-get full-upgrade && reboot");
}

TEST_CASE("a state directory has to be writable") {
    HostInfo host = test::healthy_host();
    host.state_root.writable = false;
    CHECK(only_finding(host).code == "state-root-not-writable");
    CHECK(only_finding(host).hint == "export XDG_RUNTIME_DIR=/run/user/1000");
}

TEST_CASE("what only some need is said without alarm") {
    HostInfo host = test::healthy_host();
    host.kernel.features[1].available = false;
    CHECK(only_finding(host).hint == "modprobe overlay");
    CHECK(only_finding(host).severity == Severity::Info);
    host = test::healthy_host();
    host.kernel.features[2].available = false;
    CHECK(only_finding(host).hint == "modprobe fuse");
    host = test::healthy_host();
    host.resctrl.supported = true;
    CHECK(only_finding(host).hint == "mount -t resctrl resctrl /sys/fs/resctrl");
    host.resctrl.mount_point = "/sys/fs/resctrl";
    CHECK(host::findings_of(host).empty());
    host.seccomp.confined = true;
    CHECK(only_finding(host).code == "seccomp-confined");
}

TEST_CASE("without seccomp nothing can be filtered") {
    HostInfo host = test::healthy_host();
    host.seccomp.library.clear();
    CHECK(only_finding(host).code == "seccomp-missing");
    host.seccomp.available = false;
    CHECK(only_finding(host).code == "seccomp-missing");
}

TEST_CASE("the worst comes first") {
    HostInfo host = test::healthy_host();
    host.seccomp.confined = true;
    host.subordinate_ids.uids.clear();
    host.state_root.writable = false;
    const auto findings = host::findings_of(host);
    REQUIRE(findings.size() == 3);
    CHECK(findings[0].severity == Severity::Error);
    CHECK(findings[1].severity == Severity::Warning);
    CHECK(findings[2].severity == Severity::Info);
}
