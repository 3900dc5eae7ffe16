// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include "support/catch.hpp"
#include "unit/commands/validate/subject.hpp"

namespace {

using oci::NamespaceKind;
using oci::test::TestBundle;
using oci::test::Words;

struct HostFiles : TestBundle {
    Words checked() {
        report = {};
        oci::commands::check_files(subject(), report);
        return found();
    }
};

TEST_CASE_METHOD(HostFiles, "a root is a directory and no symlink") {
    CHECK(checked().empty());
    spec.root.path = "none";
    CHECK(checked() == Words{"root-unusable /root/path"});
    CHECK(report.sorted()[0].hint.starts_with("mkdir -p "));
    REQUIRE(::symlink("rootfs", (tree.root() + "/link").c_str()) == 0);
    spec.root.path = "link";
    CHECK(checked() == Words{"root-unusable /root/path"});
    CHECK(report.sorted()[0].hint.empty());
}

TEST_CASE_METHOD(HostFiles, "a namespace to join is there") {
    spec.linux_section.namespaces = {{NamespaceKind::Mount, ""},
                                     {NamespaceKind::Network, "/proc/self/ns/net"},
                                     {NamespaceKind::Ipc, "/no/such"}};
    CHECK(checked() == Words{"namespace-missing /linux/namespaces/2/path"});
}

TEST_CASE_METHOD(HostFiles, "in a user namespace the host's nodes are needed") {
    spec.mounts = {{"/dev", "tmpfs", "tmpfs", {}, {}, {}}};
    spec.linux_section.devices = {{.type = 'c', .path = "/dev/null", .major = 1, .minor = 3},
                                  {.type = 'c', .path = "/dev/null", .major = 1, .minor = 5},
                                  {.type = 'c', .path = "/dev/none", .major = 1, .minor = 3},
                                  {.type = 'p', .path = "/dev/fifo"}};
    CHECK(checked().empty());
    spec.linux_section.namespaces.push_back({NamespaceKind::User, ""});
    CHECK(checked() ==
          Words{"device-missing /linux/devices/1/path", "device-missing /linux/devices/2/path"});
}

TEST_CASE_METHOD(HostFiles, "an agent is looked for only where a rule asks it") {
    oci::Seccomp& section = spec.linux_section.seccomp.emplace();
    section.default_action = oci::SeccompAction::Allow;
    section.listener_path = "/no/such";
    CHECK(checked().empty());
    section.rules = {{{"mkdir"}, oci::SeccompAction::Notify, {}, {}}};
    CHECK(checked() == Words{"seccomp-agent-missing /linux/seccomp/listenerPath"});
    section.listener_path = "@abstract";
    CHECK(checked().empty());
}

}  // namespace
