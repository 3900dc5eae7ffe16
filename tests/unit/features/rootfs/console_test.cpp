// SPDX-License-Identifier: Apache-2.0
#include "features/rootfs/console.hpp"

#include <sys/ioctl.h>
#include <sys/sysmacros.h>

#include "container.hpp"
#include "kernel/process.hpp"

using namespace oci;
using namespace oci::test;

namespace {

constexpr unsigned first_slave_major = 136;

void ask_for_terminal(Bundle& bundle) {
    bundle.spec.process.emplace();
    bundle.spec.process->terminal = true;
    bundle.spec.process->console_size = {10, 110};
    bundle.add_mount("/dev/pts", "devpts", "devpts", {"newinstance", "ptmxmode=0666", "mode=0620"});
}

}  // namespace

TEST_CASE("a terminal needs a devpts") {
    Spec spec;
    CHECK_FALSE(console::plan(spec).value().terminal);
    spec.process.emplace();
    spec.process->terminal = true;
    spec.mounts.push_back({"/dev", "tmpfs", "", {}, {}, {}});
    const auto refused = console::plan(spec);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message == "/process/terminal: needs a devpts mount at /dev/pts");
    spec.mounts.push_back({"/dev/pts/", "devpts", "", {}, {}, {}});
    spec.process->user.uid = 7;
    REQUIRE(console::plan(spec));
    CHECK(console::plan(spec).value().owner == 7);
    CHECK(console::plan(spec).value().has_own_dev);
}

TEST_CASE("the terminal is of the container's devpts and lies at /dev/console") {
    const As who = GENERATE(As::Root, As::UserNamespace);
    if (!can_be(who)) return;
    const bool after = GENERATE(false, true);
    Bundle bundle;
    if (GENERATE(false, true)) bundle.add_mount("/dev", "tmpfs", "tmpfs", {"mode=755"});
    ask_for_terminal(bundle);
    const auto plan = console::plan(bundle.spec).value();
    CHECK(
        in_namespaces(who, [&]() -> std::string {
            Container container{bundle};
            EXPECT_DONE(container.enter_devices());
            if (after)
                EXPECT_DONE(rootfs::pivot(container.root_plan, container.root, container.progress));
            auto terminal = console::open(plan, container.root, container.progress);
            EXPECT_DONE(terminal);
            const FdView slave = terminal.value().slave;
            EXPECT_DONE(console::attach(plan, container.root, slave, container.progress));
            if (!after)
                EXPECT_DONE(rootfs::pivot(container.root_plan, container.root, container.progress));
            struct stat console {};
            EXPECT(::lstat("/dev/console", &console) == 0);
            EXPECT(S_ISCHR(console.st_mode) && major(console.st_rdev) == first_slave_major);
            EXPECT(std::filesystem::exists("/dev/pts/0"));
            winsize size{};
            EXPECT(::ioctl(slave.get(), TIOCGWINSZ, &size) == 0);
            EXPECT(size.ws_row == 10 && size.ws_col == 110);
            EXPECT(::setsid() > 0);
            EXPECT_DONE(console::take_over(slave, container.progress));
            EXPECT(::isatty(0) == 1 && ::isatty(1) == 1 && ::isatty(2) == 1);
            EXPECT(::open("/dev/tty", O_RDWR | O_CLOEXEC) >= 0);
            return {};
        }) == "");
}

TEST_CASE("a symlink at /dev/console is refused, whatever it leads to") {
    const As who = GENERATE(As::Root, As::UserNamespace);
    if (!can_be(who)) return;
    Bundle bundle;
    write_file(bundle.rootfs() / "marker", "marker");
    std::filesystem::create_directory(bundle.rootfs() / "dev");
    const bool leads_out = GENERATE(true, false);
    const std::string target = leads_out ? bundle.outside() / "created" : "/marker";
    std::filesystem::create_symlink(target, bundle.rootfs() / "dev/console");
    ask_for_terminal(bundle);
    const auto plan = console::plan(bundle.spec).value();
    CHECK(in_namespaces(who, [&]() -> std::string {
              Container container{bundle};
              EXPECT_DONE(container.enter_devices());
              auto terminal = console::open(plan, container.root, container.progress);
              EXPECT_DONE(terminal);
              EXPECT(code_of(console::attach(plan, container.root, terminal.value().slave,
                                             container.progress)) == EEXIST);
              return {};
          }) == "");
    CHECK(std::filesystem::is_empty(bundle.outside()));
    CHECK(read_file(bundle.rootfs() / "marker") == "marker");
}

TEST_CASE("a file by the name of the multiplexer is no terminal") {
    Bundle bundle;
    std::filesystem::create_directories(bundle.rootfs() / "dev/pts");
    REQUIRE(::mkfifo((bundle.rootfs() / "dev/pts/ptmx").c_str(), 0666) == 0);
    CHECK(in_namespaces(As::UserNamespace, [&]() -> std::string {
              Container container{bundle};
              EXPECT_DONE(container.enter_mounts());
              EXPECT(code_of(console::open({}, container.root, container.progress)) == ENOTTY);
              return {};
          }) == "");
}
