// SPDX-License-Identifier: Apache-2.0
#include "host/survey/findings.hpp"
#include "support/catch.hpp"
#include "unit/host/survey/healthy_host.hpp"

using namespace oci;

namespace {

void check(const HostInfo& host, std::string_view code, std::string_view hint, Severity severity) {
    const auto findings = host::findings_of(host);
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].code == code);
    CHECK(findings[0].hint == hint);
    CHECK(findings[0].severity == severity);
}

}  // namespace

TEST_CASE("a user without subordinate ids gets the next free ones") {
    HostInfo host = test::healthy_host();
    host.subordinate_ids.uids.clear();
    host.subordinate_ids.gids.clear();
    host.subordinate_ids.free_from = 100000;
    check(host, "subordinate-ids-missing",
          "usermod --add-subuids 100000-165535 --add-subgids 100000-165535 user",
          Severity::Warning);
    host.subordinate_ids.free_from = 231072;
    host.subordinate_ids.uids = {{100000, 40000}, {200000, 40000}};
    check(host, "subordinate-ids-missing", "usermod --add-subgids 231072-296607 user",
          Severity::Warning);
}

TEST_CASE("root needs no subordinate ids") {
    HostInfo host = test::healthy_host_of_root();
    host.subordinate_ids.uids.clear();
    CHECK(host::findings_of(host).empty());
}

TEST_CASE("the helpers that write id maps are a package") {
    HostInfo host = test::healthy_host();
    for (IdMapHelper& helper : host.subordinate_ids.helpers) helper.path.clear();
    check(host, "id-map-helpers-missing", "apt-get install uidmap", Severity::Warning);
    host.distribution.family = DistributionFamily::Fedora;
    check(host, "id-map-helpers-missing", "dnf install shadow-utils", Severity::Warning);
    host.user = {};
    check(host, "id-map-helpers-missing", "dnf install shadow-utils", Severity::Info);
}

TEST_CASE("helpers without privilege help nobody") {
    HostInfo host = test::healthy_host();
    for (IdMapHelper& helper : host.subordinate_ids.helpers) helper.privileged = false;
    check(host, "id-map-helpers-unprivileged", "chmod u+s /usr/bin/newuidmap /usr/bin/newgidmap",
          Severity::Warning);
}

TEST_CASE("a limit of zero namespaces is raised") {
    HostInfo host = test::healthy_host();
    host.user_namespaces.available = false;
    host.user_namespaces.detail = "no space left on device";
    host.user_namespaces.limits["max_user_namespaces"] = 0;
    check(host, "namespace-limit-zero", "sysctl -w user.max_user_namespaces=28633",
          Severity::Error);
    host.user_namespaces.limits["max_pid_namespaces"] = 0;
    check(host, "namespace-limit-zero",
          "sysctl -w user.max_pid_namespaces=28633 && sysctl -w user.max_user_namespaces=28633",
          Severity::Error);
}

TEST_CASE("user namespaces that only root may make are opened to others") {
    HostInfo host = test::healthy_host();
    host.user_namespaces.available = false;
    host.user_namespaces.unprivileged = false;
    check(host, "unprivileged-user-namespaces-disabled",
          "sysctl -w kernel.unprivileged_userns_clone=1", Severity::Error);
    host.user = {};
    host.user_namespaces.available = true;
    check(host, "unprivileged-user-namespaces-disabled",
          "sysctl -w kernel.unprivileged_userns_clone=1", Severity::Info);
}

TEST_CASE("AppArmor's restriction of user namespaces is lifted") {
    HostInfo host = test::healthy_host();
    host.user_namespaces.restricted_by_apparmor = true;
    // A profile says "userns" already.
    check(host, "user-namespaces-restricted-by-apparmor",
          "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0", Severity::Info);
    host.user_namespaces.available = false;
    check(host, "user-namespaces-restricted-by-apparmor",
          "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0", Severity::Error);
}

TEST_CASE("where no reason is known, the kernel's own is told") {
    HostInfo host = test::healthy_host();
    host.user_namespaces.available = false;
    host.user_namespaces.detail = "operation not permitted";
    const auto findings = host::findings_of(host);
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].code == "user-namespaces-refused");
    CHECK(findings[0].message.find("operation not permitted") != std::string::npos);
}
