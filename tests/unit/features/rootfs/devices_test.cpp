// SPDX-License-Identifier: Apache-2.0
#include "features/rootfs/devices.hpp"

#include <sys/sysmacros.h>

#include "container.hpp"

using namespace oci;
using namespace oci::test;

namespace {

struct stat status_of(const char* path) {
    struct stat status {};
    if (::lstat(path, &status) != 0) status.st_mode = 0;
    return status;
}

}  // namespace

TEST_CASE("a device of the config overrides the default of its path") {
    Bundle bundle;
    bundle.spec.linux_section.devices = {{'c', "/dev//null", 1, 5, 0600, 7, 8},
                                         {'p', "/dev/pipe", 0, 0, 0640, 0, 0}};
    const auto plan = devices::plan(bundle.spec).value();
    REQUIRE(plan.nodes.size() == 7);
    CHECK(plan.nodes[0].path == "/dev/null");
    CHECK(plan.nodes[0].device == makedev(1, 5));
    CHECK(plan.nodes[0].mode == (S_IFCHR | 0600U));
    CHECK(plan.nodes[6].mode == (S_IFIFO | 0640U));
}

TEST_CASE("a device needs a path below the root") {
    Bundle bundle;
    for (const char* path : {"dev/x", "/", "/dev", "/dev/."}) {
        INFO(path);
        bundle.spec.linux_section.devices = {{'c', path, 1, 3, 0666, 0, 0}};
        CHECK_FALSE(devices::plan(bundle.spec));
    }
}

TEST_CASE("nothing is made in a /dev that is bound from the host") {
    Bundle bundle;
    bundle.add_mount("/dev", "bind", "/dev", {"rbind"});
    CHECK_FALSE(devices::plan(bundle.spec).value().has_own_dev);
    bundle.add_mount("/dev/", "tmpfs", "tmpfs");
    CHECK(devices::plan(bundle.spec).value().has_own_dev);
}

TEST_CASE("nodes have the mode and the owner of the config") {
    if (::geteuid() != 0) return;
    Bundle bundle;
    bundle.add_mount("/dev", "tmpfs", "tmpfs", {"mode=755", "ro"});
    bundle.add_mount("/proc", "proc", "proc");
    bundle.spec.linux_section.devices = {{'c', "/dev/deep/x", 10, 200, 0627, 5, 6},
                                         {'b', "/elsewhere/b", 7, 9, 0660, 0, 6},
                                         {'p', "/dev/pipe", 0, 0, 0622, 0, 0}};
    CHECK(in_namespaces(As::Root, [&]() -> std::string {
              Container container{bundle};
              EXPECT_DONE(container.enter_all());
              EXPECT(status_of("/dev/null").st_rdev == makedev(1, 3));
              EXPECT(status_of("/dev/tty").st_mode == (S_IFCHR | 0666U));
              EXPECT(status_of("/dev/deep/x").st_mode == (S_IFCHR | 0627U));
              EXPECT(status_of("/dev/deep/x").st_uid == 5 && status_of("/dev/deep/x").st_gid == 6);
              EXPECT(status_of("/elsewhere/b").st_mode == (S_IFBLK | 0660U));
              EXPECT(status_of("/dev/pipe").st_mode == (S_IFIFO | 0622U));
              EXPECT(std::filesystem::read_symlink("/dev/ptmx") == "pts/ptmx");
              EXPECT(std::filesystem::read_symlink("/dev/stderr") == "/proc/self/fd/2");
              EXPECT(std::filesystem::is_symlink("/dev/core") ==
                     std::filesystem::exists("/proc/kcore"));
              EXPECT(::open("/dev/new", O_CREAT | O_WRONLY | O_CLOEXEC, 0644) < 0);
              return {};
          }) == "");
}

TEST_CASE("in a user namespace nodes are those of the host") {
    const bool prepared = GENERATE(false, true);
    Bundle bundle;
    bundle.spec.linux_section.namespaces.push_back({NamespaceKind::User, ""});
    if (GENERATE(false, true)) bundle.add_mount("/dev", "tmpfs", "tmpfs");
    CHECK(in_namespaces(As::UserNamespace, [&]() -> std::string {
              Container container{bundle};
              if (prepared) EXPECT(devices::prepare(container.device_plan));
              EXPECT_DONE(container.enter_all());
              EXPECT(status_of("/dev/null").st_rdev == makedev(1, 3));
              write_file("/dev/null", "gone");
              EXPECT(read_file("/dev/null").empty());
              EXPECT(status_of("/dev/urandom").st_rdev == makedev(1, 9));
              return {};
          }) == "");
}

TEST_CASE("where mknod is refused without a user namespace of our own, nodes are bound too") {
    Bundle bundle;
    CHECK(in_namespaces(As::UserNamespace, [&]() -> std::string {
              Container container{bundle};
              EXPECT_DONE(container.enter_all());
              EXPECT(status_of("/dev/zero").st_rdev == makedev(1, 5));
              return {};
          }) == "");
    CHECK(std::filesystem::is_regular_file(bundle.rootfs() / "dev/zero"));
    CHECK(in_namespaces(As::UserNamespace, [&]() -> std::string {
              Container again{bundle};
              EXPECT_DONE(again.enter_all());
              EXPECT(status_of("/dev/zero").st_rdev == makedev(1, 5));
              return {};
          }) == "");
}

TEST_CASE("the host's node has to be the device of the config") {
    Bundle bundle;
    bundle.spec.linux_section.devices = {{'c', "/dev/zero", 1, 3, 0666, 0, 0}};
    CHECK(in_namespaces(As::UserNamespace, [&]() -> std::string {
              Container container{bundle};
              EXPECT(code_of(container.enter_devices()) == ENODEV);
              return {};
          }) == "");
}

TEST_CASE("a symlink at /dev of the image is refused, and nothing is made behind it") {
    const As who = GENERATE(As::Root, As::UserNamespace);
    if (!can_be(who)) return;
    Bundle bundle;
    write_file(bundle.outside() / "ptmx", "m");
    std::filesystem::create_directory(bundle.rootfs() / "inner");
    const bool leads_out = GENERATE(true, false);
    const std::string target = leads_out ? bundle.outside() : "/inner";
    std::filesystem::create_symlink(target, bundle.rootfs() / "dev");
    CHECK(in_namespaces(who, [&]() -> std::string {
              Container container{bundle};
              EXPECT(code_of(container.enter_devices()) == ELOOP);
              return {};
          }) == "");
    CHECK(read_file(bundle.outside() / "ptmx") == "m");
    CHECK(std::filesystem::is_empty(bundle.rootfs() / "inner"));
}

TEST_CASE("what is at a device's path stays if it is that device, else it is an error") {
    const As who = GENERATE(As::Root, As::UserNamespace);
    if (!can_be(who)) return;
    Bundle bundle;
    std::filesystem::create_directory(bundle.rootfs() / "dev");
    std::filesystem::create_symlink(bundle.outside() / "made", bundle.rootfs() / "dev/null");
    CHECK(in_namespaces(who, [&]() -> std::string {
              Container container{bundle};
              EXPECT(code_of(container.enter_devices()) == EEXIST);
              return {};
          }) == "");
    CHECK(std::filesystem::is_empty(bundle.outside()));
    if (who == As::UserNamespace) return;
    std::filesystem::remove(bundle.rootfs() / "dev/null");
    REQUIRE(::mknod((bundle.rootfs() / "dev/null").c_str(), S_IFCHR | 0600, makedev(1, 3)) == 0);
    CHECK(in_namespaces(who, [&]() -> std::string {
              Container container{bundle};
              EXPECT_DONE(container.enter_devices());
              return {};
          }) == "");
}
