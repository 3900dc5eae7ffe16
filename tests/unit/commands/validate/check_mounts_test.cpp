// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include "support/catch.hpp"
#include "unit/commands/validate/subject.hpp"

namespace {

using oci::test::TestBundle;
using oci::test::Words;

struct Mounts : TestBundle {
    Words checked() {
        report = {};
        oci::commands::check_mounts(subject(), files(), report);
        return found();
    }
};

TEST_CASE_METHOD(Mounts, "a source is there, unless an earlier mount may bring it") {
    spec.mounts = {{"/a", "bind", "/no/such", {}, {}, {}},
                   {"/b", "", "relative", {"rbind"}, {}, {}},
                   {"/c", "bind", "rootfs/none", {}, {}, {}},
                   {"/d", "tmpfs", "/no/such", {}, {}, {}},
                   {"/d", "", "none", {"bind", "remount", "ro"}, {}, {}}};
    CHECK(checked() == Words{"source-missing /mounts/0/source", "source-missing /mounts/1/source"});
    tree.make_directory("relative");
    CHECK(checked() == Words{"source-missing /mounts/0/source"});
    spec.linux_section.namespaces = {{oci::NamespaceKind::Mount, "/proc/1/ns/mnt"}};
    CHECK(checked().empty());
}

TEST_CASE_METHOD(Mounts, "a dangling symlink is no source, but may be copied") {
    REQUIRE(::symlink("/no/such", (tree.root() + "/link").c_str()) == 0);
    spec.mounts = {{"/a", "bind", "link", {}, {}, {}}};
    CHECK(checked() == Words{"source-missing /mounts/0/source"});
    spec.mounts[0].options = {"copy-symlink"};
    CHECK(checked().empty());
}

TEST_CASE_METHOD(Mounts, "directories go on directories, and files on files") {
    tree.put("rootfs/file");
    tree.put("source");
    spec.mounts = {{"/bin", "bind", "source", {}, {}, {}},
                   {"/file", "bind", "source", {}, {}, {}},
                   {"/new", "bind", "source", {}, {}, {}}};
    CHECK(checked() == Words{"target-unfit /mounts/0/destination"});
    spec.mounts = {{"/bin", "tmpfs", "", {}, {}, {}}, {"/file", "tmpfs", "", {}, {}, {}}};
    CHECK(checked() == Words{"target-unfit /mounts/1/destination"});
}

}  // namespace
