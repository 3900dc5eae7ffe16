// SPDX-License-Identifier: Apache-2.0
#include "features/seccomp/filter.hpp"
#include "support/catch.hpp"
#include "unit/commands/validate/subject.hpp"

namespace {

using oci::test::TestBundle;
using oci::test::Words;

struct Effects : TestBundle {
    Words checked() {
        report = {};
        oci::commands::check_effects(subject(), report);
        return found();
    }
};

TEST_CASE_METHOD(Effects, "what works as it says is not spoken of") { CHECK(checked().empty()); }

TEST_CASE_METHOD(Effects, "a mount is covered by a later one at its place or above") {
    const auto at = [](const char* place) { return oci::Mount{place, "tmpfs", "", {}, {}, {}}; };
    spec.mounts = {at("/a/b"), at("/a/"), at("/ab"), at("/a/b")};
    CHECK(checked() == Words{"covered /mounts/0"});
    spec.mounts = {
        at("/a"), {"/a", "", "", {"remount", "ro"}, {}, {}}, {"/a", "none", "", {}, {}, {}}};
    CHECK(checked().empty());
    spec.mounts = {at("/a"), at("/")};
    CHECK(checked() == Words{"covered /mounts/0"});
}

TEST_CASE_METHOD(Effects, "a relative destination and options that a bind has not are told") {
    spec.mounts = {{"data", "tmpfs", "", {}, {}, {}}, {"/b", "bind", "/", {"size=1"}, {}, {}}};
    CHECK(checked() == Words{"deprecated /mounts/0/destination", "no-effect /mounts/1/options"});
}

TEST_CASE_METHOD(Effects, "capabilities that are unknown or cannot be granted are left out") {
    facts.bounding_capabilities = 1;  // CAP_CHOWN
    spec.process->capabilities.bounding = {"CAP_CHOWN", "CAP_KILL", "CAP_KILLL"};
    CHECK(checked() == Words{"capability-not-grantable /process/capabilities/bounding/1",
                             "capability-unknown /process/capabilities/bounding/2"});
    CHECK(report.sorted()[1].hint == "write \"CAP_KILL\"");
    spec.linux_section.namespaces.push_back({oci::NamespaceKind::User, ""});
    CHECK(checked() == Words{"capability-unknown /process/capabilities/bounding/2"});
}

TEST_CASE_METHOD(Effects, "an ambient capability is permitted and inheritable") {
    auto& sets = spec.process->capabilities;
    sets.ambient = sets.permitted = {"CAP_CHOWN"};
    CHECK(checked() == Words{"no-effect /process/capabilities/ambient/0"});
    sets.inheritable = {"CAP_CHOWN"};
    CHECK(checked().empty());
}

TEST_CASE_METHOD(Effects, "system calls that the library does not know are named") {
    if (oci::seccomp::compiler().version.empty()) return;
    oci::Seccomp& section = spec.linux_section.seccomp.emplace();
    section.rules = {{{"mkdir", "no_such_call"}, oci::SeccompAction::Errno, {}, {}},
                     {{"mkdir"}, oci::SeccompAction::Errno, {}, {}}};
    CHECK(checked() == Words{"system-call-unknown /linux/seccomp/syscalls/0/names"});
    CHECK(report.sorted()[0].message.ends_with("leaves out: no_such_call"));
}

TEST_CASE_METHOD(Effects, "a container may do without a process, until it is started") {
    spec.process.reset();
    CHECK(checked() == Words{"process-absent /process"});
}

}  // namespace
