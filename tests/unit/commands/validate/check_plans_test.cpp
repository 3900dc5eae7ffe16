// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "unit/commands/validate/subject.hpp"

namespace {

using oci::NamespaceKind;
using oci::test::TestBundle;
using oci::test::Words;

struct Plans : TestBundle {
    Words checked() {
        report = {};
        oci::commands::check_plans(subject(), report);
        return found();
    }
};

TEST_CASE_METHOD(Plans, "a small container can be planned") { CHECK(checked().empty()); }

TEST_CASE_METHOD(Plans, "each room has its say, and each entry of it") {
    spec.mounts = {{"/proc/self", "tmpfs", "", {}, {}, {}},
                   {"/a", "tmpfs", "", {}, {}, {}},
                   {"/b", "bind", "", {}, {}, {}}};
    spec.linux_section.sysctl = {{"kernel.panic", "1"}, {"no", "1"}};
    spec.hostname = "box";
    spec.process->cwd = "relative";
    const Words words = checked();
    CHECK(words == Words{"invalid-config /hostname", "invalid-config /linux/sysctl/kernel.panic",
                         "invalid-config /linux/sysctl/no", "invalid-config /mounts/0",
                         "invalid-config /mounts/2/source", "invalid-config /process/cwd"});
}

TEST_CASE_METHOD(Plans, "each namespace that is joined is looked at") {
    spec.linux_section.namespaces = {{NamespaceKind::Mount, ""},
                                     {NamespaceKind::Ipc, "/proc/self/ns/net"},
                                     {NamespaceKind::Uts, "/proc/self/ns/uts"},
                                     {NamespaceKind::Network, "/dev/null"}};
    CHECK(checked() == Words{"invalid-config /linux/namespaces/1/path",
                             "invalid-config /linux/namespaces/3/path"});
}

TEST_CASE_METHOD(Plans, "a profile of thousands of comparisons is not compiled") {
    oci::Seccomp& section = spec.linux_section.seccomp.emplace();
    section.default_action = oci::SeccompAction::Allow;
    section.rules.assign(6000, {{"read"}, oci::SeccompAction::Errno, {}, {oci::SeccompArgument{}}});
    const Words words = checked();
    CHECK(std::ranges::count(words, "seccomp-too-long /linux/seccomp/syscalls") == 1);
}

}  // namespace
