// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/update.hpp"

#include <algorithm>

#include "features/cgroups/cgroups.hpp"
#include "support/catch.hpp"
#include "support/fake_tree.hpp"
#include "support/real_cgroup.hpp"

using namespace oci;
using cgroups::CurrentLimits;

namespace {

const std::string gigabyte = "1073741824";

/// The value that an update writes to a file; "": none.
std::string written(const Resources& resources, const CurrentLimits& now, const char* file) {
    const auto update = cgroups::plan_update(resources, now);
    REQUIRE(update);
    const auto& writes = update.value().writes;
    const auto found = std::ranges::find(writes, file, &cgroups::Write::file);
    return found == writes.end() ? "" : found->value;
}

std::vector<std::string> order_of(const Resources& resources, const CurrentLimits& now) {
    const auto update = cgroups::plan_update(resources, now);
    REQUIRE(update);
    std::vector<std::string> files;
    for (const auto& write : update.value().writes) files.push_back(write.file);
    return files;
}

/// A tree that looks like a mounted hierarchy with one cgroup, "/box".
cgroups::Location place_of(const test::FakeTree& tree) {
    return {.mount_point = tree.root(), .path = "/box", .made_ancestors = 0};
}

}  // namespace

TEST_CASE("an update that names nothing changes nothing") {
    const auto update = cgroups::plan_update({}, {});
    REQUIRE(update);
    CHECK(update.value().is_empty());
    CHECK(cgroups::change(update.value(), {}));
}

TEST_CASE("a period alone keeps the quota, and a quota the period") {
    const CurrentLimits now{.cpu_max = "30000 60000\n"};
    CHECK(written({.cpu = {.period = 100'000}}, now, "cpu.max") == "30000 100000");
    CHECK(written({.cpu = {.quota = 20'000}}, now, "cpu.max") == "20000 60000");
    CHECK(written({.cpu = {.quota = -1}}, now, "cpu.max") == "max 60000");
    CHECK(written({.cpu = {.quota = 1000, .period = 5000}}, now, "cpu.max") == "1000 5000");
    const CurrentLimits unlimited{.cpu_max = "max 100000\n"};
    CHECK(written({.cpu = {.period = 50'000}}, unlimited, "cpu.max") == "max 50000");
}

TEST_CASE("swap alone counts in the memory limit that is there") {
    const CurrentLimits now{.memory_max = "1048576\n"};
    CHECK(written({.memory = {.swap = 3'145'728}}, now, "memory.swap.max") == "2097152");
    CHECK(written({.memory = {.swap = -1}}, {.memory_max = "max\n"}, "memory.swap.max") == "max");
    CHECK_FALSE(cgroups::plan_update({.memory = {.swap = 1}}, now));
    const auto unlimited =
        cgroups::plan_update({.memory = {.swap = 3'145'728}}, {.memory_max = "max\n"});
    REQUIRE_FALSE(unlimited);
    CHECK(unlimited.error().pointer == "/linux/resources/memory/swap");
}

TEST_CASE("memory without swap leaves swap alone") {
    const CurrentLimits now{.memory_max = "1048576\n", .swap_max = "4096\n"};
    CHECK(order_of({.memory = {.limit = 2'097'152}}, now) ==
          std::vector<std::string>{"memory.max"});
}

TEST_CASE("what gives room is written first") {
    using Files = std::vector<std::string>;
    const Files swap_first{"memory.swap.max", "memory.max"};
    const Files memory_first{"memory.max", "memory.swap.max"};
    const CurrentLimits now{.memory_max = gigabyte + "\n", .swap_max = "1048576\n"};
    CHECK(order_of({.memory = {.limit = 4096, .swap = 4'194'304}}, now) == swap_first);
    CHECK(order_of({.memory = {.limit = 4096, .swap = 8192}}, now) == memory_first);
    const CurrentLimits unlimited{.memory_max = "max\n", .swap_max = "max\n"};
    CHECK(order_of({.memory = {.limit = 4096, .swap = 8192}}, unlimited) == memory_first);
    CHECK(order_of({.memory = {.limit = 4096, .swap = -1}}, now) == swap_first);
}

TEST_CASE("an idle container takes no shares unless that ends") {
    const CurrentLimits idle{.cpu_idle = "1\n"};
    const auto refused = cgroups::plan_update({.cpu = {.shares = 512}}, idle);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().pointer == "/linux/resources/cpu/shares");
    CHECK(order_of({.cpu = {.shares = 512, .idle = 0}}, idle) ==
          std::vector<std::string>{"cpu.idle", "cpu.weight"});
    CHECK(order_of({.cpu = {.shares = 512, .idle = 1}}, {.cpu_idle = "0\n"}) ==
          std::vector<std::string>{"cpu.idle"});
}

TEST_CASE("devices stay unless rules for them are given") {
    const auto without = cgroups::plan_update({.pids_limit = 5}, {});
    REQUIRE(without);
    CHECK_FALSE(without.value().devices);
    const auto empty = cgroups::plan_update({.devices = std::vector<DeviceRule>{}}, {});
    REQUIRE(empty);
    CHECK(empty.value().is_empty());
    const auto with =
        cgroups::plan_update({.devices = std::vector<DeviceRule>{{.allow = false}}}, {});
    REQUIRE(with);
    CHECK(with.value().devices);
}

TEST_CASE("a value that is refused brings back those before it") {
    const test::FakeTree tree;
    tree.put("cgroup.controllers", "memory pids");
    tree.put("cgroup.subtree_control", "memory pids");
    tree.put("box/memory.max", "4096\n");
    const cgroups::Update update{
        .writes = {{.property = "/a", .controller = "memory", .file = "memory.max", .value = "1"},
                   {.property = "/b", .controller = "pids", .file = "pids.max", .value = "2"}}};
    const auto changed = cgroups::change(update, place_of(tree));
    REQUIRE_FALSE(changed);
    CHECK(changed.error().message.starts_with("/b: "));
    CHECK(tree.text_of("box/memory.max").starts_with("4096"));
}

TEST_CASE("a change that is not kept is taken back") {
    const test::FakeTree tree;
    tree.put("box/pids.max", "10\n");
    const cgroups::Update update{.writes = {{.file = "pids.max", .value = "20"}}};
    {
        const auto changed = cgroups::change(update, place_of(tree));
        REQUIRE(changed);
        CHECK(tree.text_of("box/pids.max").starts_with("20"));
    }
    CHECK(tree.text_of("box/pids.max").starts_with("10"));
    {
        auto kept = cgroups::change(update, place_of(tree));
        REQUIRE(kept);
        kept.value().keep();
    }
    CHECK(tree.text_of("box/pids.max").starts_with("20"));
}

TEST_CASE("a container without a cgroup cannot be limited") {
    const cgroups::Update update{.writes = {{.file = "pids.max", .value = "20"}}};
    const auto changed = cgroups::change(update, {});
    REQUIRE_FALSE(changed);
    CHECK(changed.error().kind == ErrorKind::WrongStatus);
}

TEST_CASE("the current limits are what the files say") {
    const test::FakeTree tree;
    tree.put("box/cpu.max", "max 100000\n");
    const auto now = cgroups::read_current_limits(place_of(tree));
    REQUIRE(now);
    CHECK(now.value().cpu_max == "max 100000\n");
    CHECK(now.value().memory_max.empty());
    CHECK(cgroups::read_current_limits({}));
}

TEST_CASE("a device program is exchanged, and comes back", "[root]") {
    if (!test::has_real_cgroups()) return;
    auto cgroup = cgroups::prepare(test::plan_real_cgroup("devices"));
    REQUIRE(cgroup);
    const auto opens_memory = [&] {
        const auto child = test::start_in(cgroup.value().directory(), [] {
            return ::open("/dev/mem", O_RDONLY | O_CLOEXEC) >= 0 ? 0 : errno;
        });
        const auto exit = kernel::wait_for_exit(child.pidfd());
        return exit && exit.value().status == 0;
    };
    if (!opens_memory()) return;  // no /dev/mem here
    const auto forbid = cgroups::plan_update({.devices = std::vector<DeviceRule>{{}}}, {});
    const auto allow =
        cgroups::plan_update({.devices = std::vector<DeviceRule>{{.allow = true}}}, {});
    REQUIRE(forbid);
    REQUIRE(allow);
    auto forbidden = cgroups::change(forbid.value(), cgroup.value().location());
    REQUIRE(forbidden);
    forbidden.value().keep();
    CHECK_FALSE(opens_memory());
    {
        const auto allowed = cgroups::change(allow.value(), cgroup.value().location());
        REQUIRE(allowed);
        CHECK(opens_memory());
    }
    CHECK_FALSE(opens_memory());
}
