// SPDX-License-Identifier: Apache-2.0
#include "features/rootfs/masks.hpp"

#include <sys/statvfs.h>

#include "container.hpp"

using namespace oci;
using namespace oci::test;

TEST_CASE("paths to cover are absolute") {
    Bundle bundle;
    bundle.spec.linux_section.masked_paths = {"/a/./b", "c"};
    const auto plan = masks::plan(bundle.spec);
    REQUIRE_FALSE(plan);
    CHECK(plan.error().message.starts_with("/linux/maskedPaths/1: "));
    bundle.spec.linux_section.masked_paths.pop_back();
    CHECK(masks::plan(bundle.spec).value().masked == std::vector<std::string>{"/a/b"});
}

TEST_CASE("masked files and directories are empty and stay so") {
    const As who = GENERATE(As::Root, As::UserNamespace);
    if (!can_be(who)) return;
    const bool with_directory = GENERATE(false, true);
    Bundle bundle;
    std::filesystem::create_directories(bundle.rootfs() / "secrets");
    std::filesystem::create_directories(bundle.rootfs() / "more");
    write_file(bundle.rootfs() / "secrets/key", "secret");
    write_file(bundle.rootfs() / "more/key", "secret");
    write_file(bundle.rootfs() / "secret", "secret");
    write_file(bundle.rootfs() / "plain", "plain");
    bundle.add_mount("/proc", "proc", "proc");
    bundle.spec.linux_section.masked_paths = {"/missing", "/plain/below", "/secret",
                                              "/secret",  "/more/key",    "/proc/kcore"};
    if (with_directory) bundle.spec.linux_section.masked_paths.emplace_back("/secrets");
    CHECK(in_namespaces(who, [&]() -> std::string {
              Container container{bundle};
              EXPECT_DONE(container.enter_all());
              EXPECT(std::filesystem::exists("/secret") && read_file("/secret").empty());
              EXPECT(read_file("/more/key").empty());
              EXPECT(read_file("/plain") == "plain");
              EXPECT(std::filesystem::is_empty("/secrets") == with_directory);
              EXPECT(!std::filesystem::exists("/missing"));
              EXPECT(std::filesystem::current_path() == "/");
              EXPECT(::open("/secret", O_WRONLY | O_CLOEXEC) < 0 && errno == EROFS);
              const std::string mounts = read_file("/proc/self/mountinfo");
              EXPECT((mounts.find(" / /secrets ") != std::string::npos) == with_directory);
              EXPECT(mounts.find(" / / ro") == std::string::npos);
              return {};
          }) == "");
}

TEST_CASE("a mask never comes from the container's /dev/null") {
    Bundle bundle;
    std::filesystem::create_directories(bundle.path / "volume");
    write_file(bundle.rootfs() / "secret", "secret");
    write_file(bundle.rootfs() / "marker", "marker");
    const int kind = GENERATE(0, 1, 2);
    if (kind == 0) std::filesystem::create_symlink("/marker", bundle.path / "volume/null");
    if (kind == 1) write_file(bundle.path / "volume/null", "marker");
    bundle.add_mount("/dev", "bind", "volume", {"rbind"});
    bundle.spec.linux_section.masked_paths = {"/secret"};
    CHECK(in_namespaces(As::UserNamespace, [&]() -> std::string {
              Container container{bundle};
              EXPECT_DONE(container.enter_all());
              EXPECT(read_file("/secret").empty());
              return {};
          }) == "");
}

TEST_CASE("a masked symlink hides what it leads to inside the root") {
    Bundle bundle;
    write_file(bundle.rootfs() / "real", "secret");
    write_file(bundle.outside() / "real", "of the host");
    std::filesystem::create_symlink("real", bundle.rootfs() / "link");
    std::filesystem::create_symlink(bundle.outside() / "real", bundle.rootfs() / "out");
    bundle.spec.linux_section.masked_paths = {"/link", "/out"};
    CHECK(in_namespaces(As::UserNamespace, [&]() -> std::string {
              Container container{bundle};
              EXPECT_DONE(container.enter_devices());
              EXPECT_DONE(masks::enter(container.mask_plan, container.root, container.progress));
              EXPECT(read_file(bundle.outside() / "real") == "of the host");
              EXPECT_DONE(rootfs::pivot(container.root_plan, container.root, container.progress));
              EXPECT(read_file("/real").empty());
              return {};
          }) == "");
}

TEST_CASE("read-only paths keep their content and their mounts") {
    const As who = GENERATE(As::Root, As::UserNamespace);
    if (!can_be(who)) return;
    Bundle bundle;
    write_file(bundle.rootfs() / "file", "text");
    bundle.add_mount("/proc", "proc", "proc");
    bundle.add_mount("/data", "tmpfs", "tmpfs");
    bundle.add_mount("/data/inner", "tmpfs", "tmpfs");
    bundle.spec.linux_section.readonly_paths = {"/proc/sys", "/file", "/data", "/missing",
                                                "/proc/irq"};
    CHECK(in_namespaces(who, [&]() -> std::string {
              Container container{bundle};
              EXPECT_DONE(container.enter_all());
              EXPECT(read_file("/file") == "text");
              for (const char* path : {"/file", "/data/new", "/data/inner/new"})
                  EXPECT(::open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644) < 0 && errno == EROFS);
              struct statvfs status {};
              EXPECT(::statvfs("/proc/sys", &status) == 0 && (status.f_flag & ST_RDONLY) != 0);
              EXPECT(::statvfs("/proc", &status) == 0 && (status.f_flag & ST_RDONLY) == 0);
              return {};
          }) == "");
}
