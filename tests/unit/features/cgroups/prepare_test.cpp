// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <filesystem>

#include "features/cgroups/cgroups.hpp"
#include "kernel/files.hpp"
#include "kernel/text_file.hpp"
#include "support/catch.hpp"
#include "support/fake_tree.hpp"
#include "support/real_cgroup.hpp"

using namespace oci;
namespace fs = std::filesystem;

namespace {

/// A cgroup that was there before, empty, with pids enabled.
void put_cgroup(const test::FakeTree& tree, const std::string& events = "populated 0\nfrozen 0\n") {
    tree.put("cgroup.controllers", "pids\n");
    tree.put("cgroup.subtree_control", "pids\n");
    tree.put("box/cgroup.events", events);
    tree.put("box/cgroup.type", "domain\n");
    tree.put("box/pids.max", "max\n");
}

cgroups::Plan plan_in(const test::FakeTree& tree) {
    Spec spec;
    spec.linux_section.cgroups_path = "/box";
    host::Facts facts;
    facts.cgroup.mount_point = tree.root();
    auto plan = cgroups::plan(spec, facts, "box", CgroupDriver::Cgroupfs);
    REQUIRE(plan);
    return std::move(plan).value();
}

std::string error_of(const cgroups::Plan& plan) {
    const auto prepared = cgroups::prepare(plan);
    return prepared ? "" : prepared.error().message;
}

bool contains(const std::string& text, std::string_view word) {
    return text.find(word) != std::string::npos;
}

}  // namespace

TEST_CASE("a plan without a cgroup prepares nothing") {
    auto handle = cgroups::prepare({});
    REQUIRE(handle);
    CHECK(handle.value().directory().get() == -1);
    CHECK_FALSE(cgroups::exists(handle.value().location()));
}

TEST_CASE("limits are written to the cgroup") {
    const test::FakeTree tree;
    put_cgroup(tree);
    cgroups::Plan plan = plan_in(tree);
    plan.writes = {{.property = "/x", .controller = "pids", .file = "pids.max", .value = "42"}};
    auto handle = cgroups::prepare(plan);
    REQUIRE(handle);
    CHECK(handle.value().directory().get() >= 0);
    CHECK(tree.text_of("box/pids.max").starts_with("42"));
    handle.value().keep();
}

TEST_CASE("a cgroup with processes, or frozen, is refused and left alone") {
    const test::FakeTree busy;
    put_cgroup(busy, "populated 1\nfrozen 0\n");
    CHECK(contains(error_of(plan_in(busy)), "container's cgroup is not empty"));
    const test::FakeTree frozen;
    put_cgroup(frozen, "populated 0\nfrozen 1\n");
    CHECK(contains(error_of(plan_in(frozen)), "container's cgroup unexpectedly frozen"));
    CHECK(frozen.has("box/cgroup.events"));
}

TEST_CASE("a threaded cgroup is refused") {
    const test::FakeTree tree;
    put_cgroup(tree);
    tree.put("box/cgroup.type", "domain invalid\n");
    CHECK(contains(error_of(plan_in(tree)), "threaded"));
}

TEST_CASE("a missing controller is named with the property that needs it") {
    const test::FakeTree tree;
    put_cgroup(tree);
    cgroups::Plan plan = plan_in(tree);
    plan.writes = {{.property = "/linux/resources/memory/limit",
                    .controller = "memory",
                    .file = "memory.max",
                    .value = "1"}};
    CHECK(error_of(plan) ==
          "/linux/resources/memory/limit: the cgroup controller \"memory\" is "
          "not available at " +
              tree.root() + " (cgroup.controllers has: pids)");
}

TEST_CASE("a symlink in the cgroup's path is not followed") {
    const test::FakeTree tree;
    put_cgroup(tree);
    fs::rename(tree.root() + "/box", tree.root() + "/elsewhere");
    fs::create_symlink("elsewhere", tree.root() + "/box");
    CHECK_FALSE(cgroups::prepare(plan_in(tree)));
}

TEST_CASE("a container without a cgroup has no sub-cgroup, but may be entered") {
    const auto own = cgroups::open({});
    REQUIRE(own);
    CHECK_FALSE(own.value());
    CHECK_FALSE(cgroups::open({}, "sub"));
}

TEST_CASE("a cgroup is made with its ancestors, and removed unless kept", "[root]") {
    if (!test::has_real_cgroups()) return;
    const auto plan = test::plan_real_cgroup("a/b/made");
    const std::string path = test::real_path(plan.location);
    {
        auto handle = cgroups::prepare(plan);
        REQUIRE(handle);
        CHECK(handle.value().location().made_ancestors == 3);
        CHECK(fs::exists(path));
    }
    CHECK_FALSE(fs::exists(fs::path{path}.parent_path().parent_path().parent_path()));

    auto handle = cgroups::prepare(plan);
    REQUIRE(handle);
    handle.value().keep();
    const cgroups::Location location = handle.value().location();
    { const auto gone = std::move(handle); }
    CHECK(fs::exists(path));
    CHECK(cgroups::remove(location));
    CHECK_FALSE(fs::exists(path));
}

TEST_CASE("leaving early ends the processes in the cgroup", "[root]") {
    if (!test::has_real_cgroups()) return;
    const auto plan = test::plan_real_cgroup("early");
    auto handle = cgroups::prepare(plan);
    REQUIRE(handle);
    const kernel::Process child = test::start_sleeper(handle.value().directory());
    { const auto gone = std::move(handle.value()); }
    CHECK_FALSE(fs::exists(test::real_path(plan.location)));
    const auto exit = kernel::wait_for_exit(child.pidfd());
    REQUIRE(exit);
    CHECK(exit.value().status == 128 + SIGKILL);
}

TEST_CASE("a second container in the same cgroup is refused, and the first lives on", "[root]") {
    if (!test::has_real_cgroups()) return;
    const auto plan = test::plan_real_cgroup("shared");
    auto handle = cgroups::prepare(plan);
    REQUIRE(handle);
    const kernel::Process child = test::start_sleeper(handle.value().directory());
    CHECK(contains(error_of(plan), "container's cgroup is not empty"));
    const auto exit = kernel::peek_exit(child.pidfd());
    REQUIRE(exit);
    CHECK_FALSE(exit.value().exited);
}

TEST_CASE("all controllers of the machine are enabled for the container", "[root]") {
    if (!test::has_real_cgroups()) return;
    auto handle = cgroups::prepare(test::plan_real_cgroup("deep/enabled"));
    REQUIRE(handle);
    const cgroups::Location& location = handle.value().location();
    const auto top = kernel::read_text(
        kernel::here, (location.mount_point + "/cgroup.subtree_control").c_str(), 4096);
    const auto own = kernel::read_text(handle.value().directory(), "cgroup.controllers", 4096);
    REQUIRE((top && own));
    CHECK(top.value() == own.value());
}

TEST_CASE("a real limit is read back", "[root]") {
    if (!test::has_real_cgroups()) return;
    auto probe = cgroups::prepare(test::plan_real_cgroup("probe"));
    REQUIRE(probe);
    if (!kernel::read_text(probe.value().directory(), "hugetlb.2MB.max", 64)) {
        WARN("skipped: needs the hugetlb controller");
        return;
    }
    Spec spec;
    spec.linux_section.resources.hugepage_limits = {{"2MB", 4U << 20U}};
    auto handle = cgroups::prepare(test::plan_real_cgroup("limited", spec));
    REQUIRE(handle);
    const auto limit = kernel::read_text(handle.value().directory(), "hugetlb.2MB.max", 64);
    REQUIRE(limit);
    CHECK(limit.value() == "4194304\n");
}

TEST_CASE("the device filter lets through what the rules allow, and nothing else", "[root]") {
    if (!test::has_real_cgroups()) return;
    const test::FakeTree tree;
    const auto node = [&](const char* name, unsigned major, unsigned minor) {
        REQUIRE(::mknod((tree.root() + "/" + name).c_str(), S_IFCHR | 0666,
                        makedev(major, minor)) == 0);
    };
    node("null", 1, 3);
    node("kmsg", 1, 11);
    node("mem", 1, 1);
    Spec spec;
    spec.linux_section.resources.devices = {
        {.allow = false, .type = 'a', .read = true, .write = true, .make_node = true},
        {.allow = true, .type = 'c', .major = 1, .minor = 11, .read = true}};
    auto handle = cgroups::prepare(test::plan_real_cgroup("devices", spec));
    REQUIRE(handle);
    const auto open_error = [&](const char* name, int flags) {
        const std::string path = tree.root() + "/" + name;
        const auto child = test::start_in(handle.value().directory(), [&] {
            return ::open(path.c_str(), flags | O_NONBLOCK) >= 0 ? 0 : errno;
        });
        const auto exit = kernel::wait_for_exit(child.pidfd());
        REQUIRE(exit);
        return exit.value().status;
    };
    CHECK(open_error("null", O_RDWR) == 0);
    CHECK(open_error("kmsg", O_RDONLY) == 0);
    CHECK(open_error("kmsg", O_WRONLY) == EPERM);
    CHECK(open_error("mem", O_RDONLY) == EPERM);

    const std::string made = tree.root() + "/made";
    const auto child = test::start_in(handle.value().directory(), [&] {
        return ::mknod(made.c_str(), S_IFBLK | 0600, makedev(8, 0)) == 0 ? 0 : errno;
    });
    const auto exit = kernel::wait_for_exit(child.pidfd());
    REQUIRE(exit);
    CHECK(exit.value().status == 0);
}

TEST_CASE("a container without device rules may open every device", "[root]") {
    if (!test::has_real_cgroups()) return;
    auto handle = cgroups::prepare(test::plan_real_cgroup("unfiltered"));
    REQUIRE(handle);
    const auto child = test::start_in(handle.value().directory(), [] {
        return ::open("/dev/kmsg", O_WRONLY | O_NONBLOCK) >= 0 ? 0 : errno;
    });
    const auto exit = kernel::wait_for_exit(child.pidfd());
    REQUIRE(exit);
    CHECK(exit.value().status == 0);
}

TEST_CASE("exec enters the container's cgroup or one below it", "[root]") {
    if (!test::has_real_cgroups()) return;
    auto handle = cgroups::prepare(test::plan_real_cgroup("entered"));
    REQUIRE(handle);
    const cgroups::Location& location = handle.value().location();
    fs::create_directory(test::real_path(location) + "/sub");
    const auto sub = cgroups::open(location, "sub");
    REQUIRE(sub);
    const kernel::Process child = test::start_sleeper(sub.value());
    CHECK(cgroups::processes(location).value() == std::vector<pid_t>{child.pid()});
    CHECK(cgroups::open(location));
    for (const char* path : {"..", "sub/../..", "/", "none"}) {
        const auto refused = cgroups::open(location, path);
        REQUIRE_FALSE(refused);
        CHECK(contains(refused.error().message, "bad sub cgroup path"));
    }
}
