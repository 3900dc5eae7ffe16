// SPDX-License-Identifier: Apache-2.0
#include <sys/mount.h>
#include <sys/statvfs.h>

#include "container.hpp"

using namespace oci;
using namespace oci::test;

namespace {

unsigned long flags_of(const char* path) {
    struct statvfs status {};
    return ::statvfs(path, &status) == 0 ? status.f_flag : ~0UL;
}

mode_t mode_of(const char* path) {
    struct stat status {};
    return ::lstat(path, &status) == 0 ? status.st_mode & 07777U : 0U;
}

}  // namespace

TEST_CASE("the usual mounts of an engine are made") {
    const As who = GENERATE(As::Root, As::UserNamespace);
    if (!can_be(who)) return;
    Bundle bundle;
    bundle.add_mount("/proc", "proc", "proc", {"nosuid", "noexec", "nodev"});
    bundle.add_mount("/dev", "tmpfs", "tmpfs",
                     {"nosuid", "strictatime", "mode=755", "size=65536k"});
    std::vector<std::string> terminals{"nosuid", "noexec", "newinstance", "ptmxmode=0666",
                                       "mode=0620"};
    if (who == As::Root) terminals.emplace_back("gid=5");
    bundle.add_mount("/dev/pts", "devpts", "devpts", terminals);
    bundle.add_mount("/sys", "sysfs", "sysfs", {"nosuid", "noexec", "nodev", "ro"});
    bundle.add_mount("/dev/mqueue", "mqueue", "mqueue", {"nosuid", "noexec", "nodev"});
    bundle.add_mount("/dev/shm", "tmpfs", "shm", {"nosuid", "nodev", "mode=1777", "size=64m"});
    CHECK(in_namespaces(who, [&]() -> std::string {
              Container container{bundle};
              EXPECT_DONE(container.enter_all());
              EXPECT(flags_of("/proc") == (ST_NOSUID | ST_NODEV | ST_NOEXEC | ST_RELATIME));
              EXPECT((flags_of("/sys") & ST_RDONLY) != 0);
              EXPECT(mode_of("/dev") == 0755);
              EXPECT((flags_of("/dev") & ST_RELATIME) == 0);
              EXPECT(mode_of("/dev/shm") == 01777);
              EXPECT(mode_of("/dev/pts/ptmx") == 0666);
              EXPECT(std::filesystem::exists("/dev/mqueue"));
              EXPECT(std::filesystem::exists("/proc/1/stat"));
              return {};
          }) == "");
}

TEST_CASE("binds are read-only on request, with their files and directories made") {
    const As who = GENERATE(As::Root, As::UserNamespace);
    if (!can_be(who)) return;
    const bool prepared = GENERATE(false, true);
    Bundle bundle;
    std::filesystem::create_directory(bundle.path / "volume");
    write_file(bundle.path / "volume/file", "text");
    bundle.add_mount("/a/b/volume", "bind", "volume", {"rbind", "ro", "nosuid"});
    bundle.add_mount("/a/file", "bind", "volume/file", {"bind"});
    if (who == As::UserNamespace)
        bundle.spec.linux_section.namespaces.push_back({NamespaceKind::User, ""});
    CHECK(in_namespaces(who, [&]() -> std::string {
              Container container{bundle};
              container.device_plan.has_own_dev = false;
              if (prepared) EXPECT(mounts::prepare(container.mount_plan));
              EXPECT_DONE(container.enter_all());
              EXPECT(read_file("/a/b/volume/file") == "text");
              EXPECT(read_file("/a/file") == "text");
              EXPECT((flags_of("/a/b/volume") & (ST_RDONLY | ST_NOSUID)) ==
                     (ST_RDONLY | ST_NOSUID));
              EXPECT((flags_of("/a/file") & ST_RDONLY) == 0);
              EXPECT(mode_of("/a/b") == 0755);
              return {};
          }) == "");
}

TEST_CASE("an earlier mount may hold the source and the target of a later one") {
    const As who = GENERATE(As::Root, As::UserNamespace);
    if (!can_be(who)) return;
    Bundle bundle;
    std::filesystem::create_directory(bundle.path / "volume");
    write_file(bundle.path / "volume/file", "text");
    bundle.add_mount("/one", "tmpfs", "tmpfs");
    bundle.add_mount("/one/inner", "bind", "volume", {"bind"});
    bundle.add_mount("/two", "bind", "rootfs/one", {"rbind"});
    CHECK(in_namespaces(who, [&]() -> std::string {
              Container container{bundle};
              EXPECT(mounts::prepare(container.mount_plan));
              EXPECT_DONE(container.enter_mounts());
              EXPECT_DONE(rootfs::pivot(container.root_plan, container.root, container.progress));
              EXPECT(read_file("/two/inner/file") == "text");
              return {};
          }) == "");
}

TEST_CASE("symlinks of the image lead nowhere but inside the root") {
    const As who = GENERATE(As::Root, As::UserNamespace);
    if (!can_be(who)) return;
    Bundle bundle;
    const auto outside = bundle.outside();
    std::filesystem::create_symlink(outside, bundle.rootfs() / "absolute");
    std::filesystem::create_symlink("../../outside", bundle.rootfs() / "relative");
    std::filesystem::create_symlink("/no/such/place", bundle.rootfs() / "dangling");
    for (const char* target : {"/absolute/x", "/relative/x", "/dangling", "/dangling/more"})
        bundle.add_mount(target, "tmpfs", "tmpfs");
    CHECK(in_namespaces(who, [&]() -> std::string {
              Container container{bundle};
              EXPECT_DONE(container.enter_mounts());
              EXPECT(std::filesystem::is_empty(outside));
              EXPECT_DONE(rootfs::pivot(container.root_plan, container.root, container.progress));
              EXPECT(std::filesystem::is_directory("/no/such/place/more"));
              EXPECT(std::filesystem::is_directory(outside / "x"));
              return {};
          }) == "");
    CHECK(std::filesystem::is_empty(outside));
}

TEST_CASE("procfs and sysfs go to ordinary directories only") {
    const As who = GENERATE(As::Root, As::UserNamespace);
    if (!can_be(who)) return;
    const std::string name = GENERATE("proc", "sys");
    Bundle bundle;
    const bool leads_out = GENERATE(true, false);
    const std::string target = leads_out ? bundle.outside() : "/bad";
    std::filesystem::create_symlink(target, bundle.rootfs() / name);
    bundle.add_mount("/" + name, name == "proc" ? "proc" : "sysfs", name);
    CHECK(in_namespaces(who, [&]() -> std::string {
              Container container{bundle};
              const auto entered = container.enter_mounts();
              EXPECT(code_of(entered) == ELOOP);
              EXPECT(std::string{entered.error().call} == "must be mounted on ordinary directory");
              return {};
          }) == "");
    CHECK(std::filesystem::is_empty(bundle.outside()));
    CHECK_FALSE(std::filesystem::exists(bundle.rootfs() / "bad"));
}

TEST_CASE("a symlink does not lead a mount into procfs") {
    Bundle bundle;
    std::filesystem::create_symlink("/proc/self", bundle.rootfs() / "innocent");
    bundle.add_mount("/proc", "proc", "proc");
    bundle.add_mount("/innocent/attr", "tmpfs", "tmpfs");
    CHECK(in_namespaces(As::UserNamespace, [&]() -> std::string {
              Container container{bundle};
              EXPECT(code_of(container.enter_mounts()) == EPERM);
              return {};
          }) == "");
}

TEST_CASE("only a procfs may be bound at /proc") {
    Bundle bundle;
    bundle.add_mount("/proc", "bind", bundle.outside(), {"bind"});
    CHECK(in_namespaces(As::UserNamespace, [&]() -> std::string {
              Container container{bundle};
              EXPECT(code_of(container.enter_mounts()) == EINVAL);
              return {};
          }) == "");
    bundle.spec.mounts[0].source = "/proc";
    bundle.spec.mounts[0].options = {"rbind"};
    CHECK(in_namespaces(As::UserNamespace, [&]() -> std::string {
              Container container{bundle};
              EXPECT_DONE(container.enter_mounts());
              return {};
          }) == "");
}

TEST_CASE("a procfs may also be somewhere else") {
    Bundle bundle;
    bundle.add_mount("/inner/proc", "proc", "proc");
    bundle.add_mount("/host/proc", "bind", "/proc", {"rbind"});
    CHECK(in_namespaces(As::UserNamespace, [&]() -> std::string {
              Container container{bundle};
              EXPECT_DONE(container.enter_all());
              EXPECT(std::filesystem::exists("/inner/proc/1"));
              EXPECT(std::filesystem::exists("/host/proc/1"));
              return {};
          }) == "");
}

TEST_CASE("a tmpfs has the mode of the directory that it covers") {
    Bundle bundle;
    std::filesystem::create_directory(bundle.rootfs() / "old");
    REQUIRE(::chmod((bundle.rootfs() / "old").c_str(), 0710) == 0);
    bundle.add_mount("/old", "tmpfs", "tmpfs");
    bundle.add_mount("/new", "tmpfs", "tmpfs");
    bundle.add_mount("/old/given", "tmpfs", "tmpfs", {"mode=0700", "ro"});
    CHECK(in_namespaces(As::UserNamespace, [&]() -> std::string {
              Container container{bundle};
              EXPECT_DONE(container.enter_all());
              EXPECT(mode_of("/old") == 0710);
              EXPECT(mode_of("/new") == 01777);
              EXPECT(mode_of("/old/given") == 0700);
              EXPECT((flags_of("/old/given") & ST_RDONLY) != 0);
              return {};
          }) == "");
}

TEST_CASE("a mount at / becomes the root") {
    Bundle bundle;
    bundle.add_mount("/", "tmpfs", "tmpfs", {"mode=0755"});
    bundle.add_mount("/proc", "proc", "proc");
    write_file(bundle.rootfs() / "covered", "");
    CHECK(in_namespaces(As::UserNamespace, [&]() -> std::string {
              Container container{bundle};
              EXPECT_DONE(container.enter_all());
              EXPECT(!std::filesystem::exists("/covered"));
              EXPECT(std::filesystem::exists("/proc/1"));
              return {};
          }) == "");
}

TEST_CASE("propagation words hold for the mount in the order written") {
    Bundle bundle;
    bundle.add_mount("/proc", "proc", "proc");
    bundle.add_mount("/a", "bind", bundle.outside(), {"bind", "private", "shared"});
    bundle.add_mount("/b", "tmpfs", "tmpfs", {"unbindable"});
    bundle.add_mount("/a", "", "", {"ro", "private"});
    CHECK(in_namespaces(As::UserNamespace, [&]() -> std::string {
              Container container{bundle};
              container.mount_plan.entries.pop_back();
              EXPECT_DONE(container.enter_all());
              const std::string mounts = read_file("/proc/self/mountinfo");
              EXPECT(mounts.find(" shared:") != std::string::npos);
              EXPECT(mounts.find(" unbindable") != std::string::npos);
              return {};
          }) == "");
    CHECK(in_namespaces(As::UserNamespace, [&]() -> std::string {
              Container container{bundle};
              EXPECT_DONE(container.enter_all());
              EXPECT(read_file("/proc/self/mountinfo").find(" shared:") == std::string::npos);
              EXPECT((flags_of("/a") & ST_RDONLY) != 0);
              return {};
          }) == "");
}

TEST_CASE("rro makes the tree read-only, ro the mount alone") {
    Bundle bundle;
    bundle.add_mount("/one", "tmpfs", "tmpfs");
    bundle.add_mount("/one/inner", "tmpfs", "tmpfs");
    bundle.add_mount("/two", "bind", "rootfs/one", {"rbind", "ro"});
    bundle.add_mount("/three", "bind", "rootfs/one", {"rbind", "rro"});
    CHECK(in_namespaces(As::UserNamespace, [&]() -> std::string {
              Container container{bundle};
              EXPECT_DONE(container.enter_all());
              EXPECT((flags_of("/two") & ST_RDONLY) != 0);
              EXPECT((flags_of("/two/inner") & ST_RDONLY) == 0);
              EXPECT((flags_of("/three/inner") & ST_RDONLY) != 0);
              return {};
          }) == "");
}

TEST_CASE("flags that the host locked stay, also where they are asked away") {
    if (::geteuid() != 0) return;
    const auto* const word = GENERATE("ro", "exec", "relatime", "dev");
    const bool yields = GENERATE(false, true);  // only root of the machine is told
    Bundle bundle;
    bundle.add_mount("/a", "bind", bundle.outside(), {"bind", word, "ro"});
    CHECK(in_namespaces(As::Root, [&]() -> std::string {
              EXPECT(::mount("tmpfs", bundle.outside().c_str(), "tmpfs",
                             MS_NOEXEC | MS_NOSUID | MS_NODEV | MS_NOATIME, nullptr) == 0);
              EXPECT(::mount("proc", "/proc", "proc", 0, nullptr) == 0);
              return in_namespaces(As::UserNamespace, [&]() -> std::string {
                  Container container{bundle};
                  container.mount_plan.entries.back().yields_to_locks = yields;
                  const auto entered = container.enter_all();
                  const bool asks_away = std::string_view{word} != "ro";
                  EXPECT(code_of(entered) == (asks_away && !yields ? EPERM : 0));
                  if (!entered) return {};
                  constexpr unsigned long kept = ST_RDONLY | ST_NOEXEC | ST_NODEV | ST_NOATIME;
                  EXPECT((flags_of("/a") & kept) == kept);
                  return {};
              });
          }) == "");
}

TEST_CASE("a directory of the host stands for a cgroup file system that is refused") {
    Bundle bundle;
    write_file(bundle.outside() / "cgroup.procs", "");
    bundle.add_mount("/sys/fs/cgroup", "cgroup", "cgroup", {"ro", "relatime", "nsdelegate"});
    CHECK(in_namespaces(As::UserNamespace, [&]() -> std::string {
              Container container{bundle, bundle.outside()};
              EXPECT_DONE(container.enter_all());
              EXPECT(std::filesystem::exists("/sys/fs/cgroup/cgroup.procs"));
              EXPECT((flags_of("/sys/fs/cgroup") & ST_RDONLY) != 0);
              return {};
          }) == "");
}

TEST_CASE("the host's /sys stands for a sysfs of a foreign network namespace") {
    if (::geteuid() != 0) return;
    Bundle bundle;
    std::erase_if(bundle.spec.linux_section.namespaces,
                  [](const Namespace& n) { return n.kind == NamespaceKind::Network; });
    bundle.add_mount("/sys", "sysfs", "sysfs", {"nosuid", "ro"});
    CHECK(in_namespaces(As::UserNamespace, [&]() -> std::string {
              EXPECT(::unshare(CLONE_NEWUSER) == 0);
              EXPECT(::unshare(CLONE_NEWNS) == 0);
              Container container{bundle};
              container.device_plan.has_own_dev = false;
              EXPECT_DONE(container.enter_all());
              EXPECT((flags_of("/sys") & ST_RDONLY) != 0);
              EXPECT(std::filesystem::exists("/sys/kernel"));
              return {};
          }) == "");
}

TEST_CASE("a symlink is copied, mounted itself, or followed, as the options say") {
    Bundle bundle;
    std::filesystem::create_symlink("/some/target", bundle.path / "link");
    bundle.add_mount("/copied/link", "bind", "link", {"bind", "copy-symlink"});
    bundle.add_mount("/copied/link", "bind", "link", {"bind", "copy-symlink"});
    CHECK(in_namespaces(As::UserNamespace, [&]() -> std::string {
              Container container{bundle};
              EXPECT(mounts::prepare(container.mount_plan));
              EXPECT_DONE(container.enter_mounts());
              EXPECT_DONE(rootfs::pivot(container.root_plan, container.root, container.progress));
              EXPECT(std::filesystem::read_symlink("/copied/link") == "/some/target");
              return {};
          }) == "");
}

TEST_CASE("tmpcopyup keeps what the image has there") {
    const As who = GENERATE(As::Root, As::UserNamespace);
    if (!can_be(who)) return;
    Bundle bundle;
    const auto run = bundle.rootfs() / "run";
    std::filesystem::create_directories(run / "deep/deeper");
    write_file(run / "deep/file", std::string(100000, 'x'));
    REQUIRE(::chmod((run / "deep/file").c_str(), 04751) == 0);
    REQUIRE(::chmod((run / "deep").c_str(), 02750) == 0);
    REQUIRE(::mkfifo((run / "fifo").c_str(), 0600) == 0);
    std::filesystem::create_symlink("/etc/passwd", run / "link");
    for (int i = 0; i < 200; ++i) write_file(run / ("many-" + std::to_string(i)), "");
    bundle.add_mount("/run", "tmpfs", "tmpfs", {"tmpcopyup", "", "ro"});
    CHECK(in_namespaces(who, [&]() -> std::string {
              Container container{bundle};
              EXPECT_DONE(container.enter_all());
              EXPECT(read_file("/run/deep/file").size() == 100000);
              EXPECT(mode_of("/run/deep/file") == 04751);
              EXPECT(mode_of("/run/deep") == 02750);
              EXPECT(std::filesystem::is_directory("/run/deep/deeper"));
              EXPECT(std::filesystem::is_fifo("/run/fifo"));
              EXPECT(std::filesystem::read_symlink("/run/link") == "/etc/passwd");
              EXPECT(std::filesystem::exists("/run/many-199"));
              return {};
          }) == "");
}
