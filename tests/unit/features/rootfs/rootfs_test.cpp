// SPDX-License-Identifier: Apache-2.0
#include "features/rootfs/rootfs.hpp"

#include <sys/mount.h>

#include "container.hpp"

using namespace oci;
using namespace oci::test;

TEST_CASE("the root is relative to the bundle") {
    Spec spec;
    spec.root.path = "rootfs/";
    CHECK(rootfs::plan(spec, "/bundle", false).value().path == "/bundle/rootfs");
    spec.root.path = "/some/where";
    CHECK(rootfs::plan(spec, "/bundle", false).value().path == "/some/where");
    spec.root.path = "";
    CHECK_FALSE(rootfs::plan(spec, "/bundle", false));
}

TEST_CASE("without a mount namespace nothing can be mounted") {
    Spec spec;
    spec.root.path = "/rootfs";
    CHECK_FALSE(rootfs::plan(spec, "/bundle", false).value().has_mount_namespace);
    CHECK_FALSE(devices::plan(spec).value().has_own_dev);
    Spec with_mount = spec;
    with_mount.mounts.push_back({"/proc", "proc", "proc", {}, {}, {}});
    const auto refused = rootfs::plan(with_mount, "/bundle", false);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::InvalidConfig);
    CHECK(refused.error().message.starts_with("/mounts: "));
    Spec with_mask = spec;
    with_mask.linux_section.masked_paths = {"/a"};
    CHECK_FALSE(rootfs::plan(with_mask, "/bundle", false));
    Spec of_host = spec;
    of_host.root.path = "/";
    CHECK_FALSE(rootfs::plan(of_host, "/bundle", false));
}

TEST_CASE("the root has to be a directory and no symlink") {
    Bundle bundle;
    CHECK(rootfs::check(rootfs::plan(bundle.spec, bundle.path, false).value()));
    std::filesystem::create_symlink("rootfs", bundle.path / "link");
    write_file(bundle.path / "file", "");
    for (const char* name : {"link", "link/", "file", "missing"}) {
        INFO(name);
        bundle.spec.root.path = name;
        const auto checked = rootfs::check(rootfs::plan(bundle.spec, bundle.path, false).value());
        REQUIRE_FALSE(checked);
        CHECK(checked.error().message.starts_with("/root/path: "));
    }
}

TEST_CASE("a root other than the one that was beside config.json is refused") {
    if (!can_be(As::UserNamespace)) return;
    Bundle bundle;
    for (const ino_t other : {0UL, 1UL}) {
        auto plan = rootfs::plan(bundle.spec, bundle.path, false).value();
        struct stat status {};
        REQUIRE(::stat(plan.path.c_str(), &status) == 0);
        rootfs::expect(plan, status.st_dev, status.st_ino + other);
        CHECK(in_namespaces(As::UserNamespace, [&]() -> std::string {
                  Progress progress;
                  const auto root = rootfs::enter(plan, progress);
                  EXPECT((other == 0) == static_cast<bool>(root));
                  EXPECT(root || root.error().code == ESTALE);
                  return {};
              }) == "");
    }
    // In a mount namespace of others, what we see here says nothing.
    bundle.spec.linux_section.namespaces = {
        {.kind = NamespaceKind::Mount, .path = "/proc/self/ns/mnt"}};
    auto joined = rootfs::plan(bundle.spec, bundle.path, false).value();
    rootfs::expect(joined, 1, 2);
    CHECK(joined.inode == 0);
}

TEST_CASE("after the change of root nothing of the host is left") {
    const As who = GENERATE(As::Root, As::UserNamespace);
    if (!can_be(who)) return;
    Bundle bundle;
    write_file(bundle.rootfs() / "marker", "mine");
    bundle.add_mount("/proc", "proc", "proc");
    bundle.spec.root.readonly = true;
    CHECK(in_namespaces(who, [&]() -> std::string {
              Container container{bundle};
              EXPECT_DONE(container.enter_all());
              EXPECT(read_file("/marker") == "mine");
              EXPECT(std::filesystem::current_path() == "/");
              EXPECT(!std::filesystem::exists(bundle.path));
              const std::string mounts = read_file("/proc/self/mountinfo");
              EXPECT(mounts.find("/dev/pts") == std::string::npos);
              EXPECT(::open("/new", O_CREAT | O_WRONLY | O_CLOEXEC, 0644) < 0 && errno == EROFS);
              EXPECT(::chdir("../../../..") == 0 && std::filesystem::exists("marker"));
              return {};
          }) == "");
}

TEST_CASE("without pivot_root the root is moved, and the host's procfs is gone") {
    const As who = GENERATE(As::Root, As::UserNamespace);
    if (!can_be(who)) return;
    Bundle bundle;
    write_file(bundle.rootfs() / "marker", "mine");
    std::filesystem::create_directory(bundle.rootfs() / "proc");
    auto plan = rootfs::plan(bundle.spec, bundle.path, true).value();
    REQUIRE(rootfs::prepare(plan));
    CHECK_FALSE(plan.host_kernel_filesystems.empty());
    CHECK(in_namespaces(who, [&]() -> std::string {
              Progress progress;
              auto root = rootfs::enter(plan, progress);
              EXPECT_DONE(root);
              const int host = ::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
              EXPECT_DONE(rootfs::pivot(plan, root.value(), progress));
              EXPECT(read_file("/marker") == "mine");
              EXPECT(std::filesystem::current_path() == "/");
              EXPECT(::faccessat(host, "proc/self", F_OK, 0) != 0);
              EXPECT(::faccessat(host, "sys/kernel", F_OK, 0) != 0);
              return {};
          }) == "");
}

TEST_CASE("without a mount namespace the root is entered by chroot alone") {
    if (::geteuid() != 0) return;
    Bundle bundle;
    bundle.spec.linux_section.namespaces.clear();
    write_file(bundle.rootfs() / "marker", "mine");
    CHECK(in_namespaces(As::Root, [&]() -> std::string {
              Container container{bundle};
              EXPECT_DONE(container.enter_all());
              EXPECT(read_file("/marker") == "mine");
              EXPECT(std::filesystem::current_path() == "/");
              return {};
          }) == "");
}

TEST_CASE("a mount of the container never reaches the host") {
    if (::geteuid() != 0) return;
    const Propagation wanted =
        GENERATE(Propagation::Unset, Propagation::Private, Propagation::Slave, Propagation::Shared,
                 Propagation::Unbindable);
    Bundle bundle;
    bundle.spec.linux_section.rootfs_propagation = wanted;
    bundle.spec.linux_section.rootfs_propagation_recursive = true;
    bundle.add_mount("/proc", "proc", "proc");
    bundle.add_mount("/tmp", "tmpfs", "tmpfs");
    CHECK(in_namespaces(As::Root, [&]() -> std::string {
              EXPECT(::mount(nullptr, "/", nullptr, MS_REC | MS_SHARED, nullptr) == 0);
              EXPECT(::mount("proc", "/proc", "proc", 0, nullptr) == 0);
              const std::string before = read_file("/proc/self/mountinfo");
              const std::string report = in_namespaces(As::Root, [&]() -> std::string {
                  Container container{bundle};
                  EXPECT_DONE(container.enter_all());
                  const std::string own = read_file("/proc/self/mountinfo");
                  EXPECT((own.find(" shared:") != std::string::npos) ==
                         (wanted == Propagation::Shared));
                  EXPECT((own.find(" unbindable") != std::string::npos) ==
                         (wanted == Propagation::Unbindable));
                  return {};
              });
              EXPECT(before == read_file("/proc/self/mountinfo"));
              return report;
          }) == "");
}
