// SPDX-License-Identifier: Apache-2.0
#include "commands/validate/container_files.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include "support/catch.hpp"
#include "unit/commands/validate/subject.hpp"

namespace {

using oci::commands::Sight;
using oci::test::TestBundle;

struct Files : TestBundle {
    Files() {
        tree.put("rootfs/bin/tool");
        tree.put("rootfs/etc/passwd");
        ::chmod((rootfs() + "/bin/tool").c_str(), 0755);
        link("bin", "sbin");
        link("/../../bin/tool", "absolute");
        link("loop", "loop");
    }
    void link(const char* target, const std::string& name) const {
        REQUIRE(::symlink(target, (rootfs() + "/" + name).c_str()) == 0);
    }
    [[nodiscard]] Sight look(const std::string& path) const { return files().look(path); }
};

TEST_CASE_METHOD(Files, "files of the root are seen as the container will see them") {
    CHECK(look("/bin/tool") == Sight::Executable);
    CHECK(look("/etc/passwd") == Sight::NotExecutable);
    CHECK(look("/etc") == Sight::Directory);
    CHECK(look("/") == Sight::Directory);
    CHECK(look("/none/at/all") == Sight::Missing);
    CHECK(look("/bin/tool/below") == Sight::Missing);
}

TEST_CASE_METHOD(Files, "symlinks are followed inside the root, and not for ever") {
    CHECK(look("/sbin/tool") == Sight::Executable);
    CHECK(look("/absolute") == Sight::Executable);
    CHECK(look("/sbin/../etc/passwd") == Sight::NotExecutable);
    CHECK(look("/loop") == Sight::Unknown);
}

TEST_CASE_METHOD(Files, "what a mount covers is unknown, also by way of a symlink") {
    spec.mounts = {{"/opt", "tmpfs", "tmpfs", {}, {}, {}}};
    link("/opt", "far");
    tree.make_directory("rootfs/opt");
    CHECK(look("/opt") == Sight::Unknown);
    CHECK(look("/opt/tool") == Sight::Unknown);
    CHECK(look("/far/tool") == Sight::Unknown);
    CHECK(look("/optional") == Sight::Missing);
    spec.mounts[0].destination = "/far";
    CHECK(look("/opt/tool") == Sight::Unknown);
    CHECK(look("/bin/tool") == Sight::Executable);
}

TEST_CASE_METHOD(Files, "the target of a mount is what was there before") {
    spec.mounts = {{"/etc/passwd", "bind", "/x", {}, {}, {}},
                   {"/etc", "tmpfs", "", {}, {}, {}},
                   {"/etc/passwd", "bind", "/x", {}, {}, {}},
                   {"/new", "tmpfs", "", {}, {}, {}}};
    CHECK(files().target(0) == Sight::NotExecutable);
    CHECK(files().target(1) == Sight::Directory);
    CHECK(files().target(2) == Sight::Unknown);
    CHECK(files().target(3) == Sight::Missing);
    CHECK(files().target(4) == Sight::Unknown);
}

TEST_CASE_METHOD(Files, "nothing is known where the root is elsewhere") {
    spec.mounts = {{"/", "bind", "/x", {}, {}, {}}};
    CHECK(look("/bin/tool") == Sight::Unknown);
    spec.mounts.clear();
    spec.linux_section.namespaces = {{oci::NamespaceKind::Mount, "/proc/1/ns/mnt"}};
    CHECK(look("/bin/tool") == Sight::Unknown);
    spec.linux_section.namespaces.clear();
    CHECK(oci::commands::ContainerFiles(spec, "").look("/bin") == Sight::Unknown);
    CHECK(oci::commands::ContainerFiles(spec, rootfs() + "/none").look("/bin") == Sight::Unknown);
}

}  // namespace
