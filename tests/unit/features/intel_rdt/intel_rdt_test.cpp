// SPDX-License-Identifier: Apache-2.0
//
// On a tree of plain files where resctrl would be: a new directory has no files of its own there,
// so what is written to a new class is seen by the file that is missing.
#include "features/intel_rdt/intel_rdt.hpp"

#include <unistd.h>

#include "support/catch.hpp"
#include "support/fake_tree.hpp"
#include "support/in_child.hpp"

using namespace oci;
using oci::test::FakeTree;

namespace {

intel_rdt::Plan planned(IntelRdt rdt) {
    Spec spec;
    spec.linux_section.intel_rdt = std::move(rdt);
    return intel_rdt::plan(spec, "box").value();
}

Result<intel_rdt::Handle> prepared(const FakeTree& tree, IntelRdt rdt) {
    const auto plan = planned(std::move(rdt));
    const auto place = OCI_TRY(intel_rdt::expect(plan, tree.root()));
    return intel_rdt::prepare(plan, tree.root(), place);
}

std::string error_of(const FakeTree& tree, IntelRdt rdt) {
    const auto handle = prepared(tree, std::move(rdt));
    return handle ? "accepted" : handle.error().message;
}

bool mentions(const std::string& text, const std::string& word) {
    return text.find(word) != std::string::npos;
}

}  // namespace

TEST_CASE("a class of the container's own is made, and unmade unless kept") {
    const FakeTree tree;
    {
        const auto handle = prepared(tree, {});
        REQUIRE(handle);
        CHECK(handle.value().place().makes_clos);
        CHECK(tree.has("box"));
    }
    CHECK_FALSE(tree.has("box"));
    {
        auto handle = prepared(tree, {});
        REQUIRE(handle);
        handle.value().keep();
    }
    CHECK(tree.has("box"));
}

TEST_CASE("expecting makes nothing") {
    const FakeTree tree;
    CHECK(intel_rdt::expect(planned({}), tree.root()).value().makes_clos);
    CHECK_FALSE(tree.has("box"));
}

TEST_CASE("shares that cannot be written leave no class behind") {
    const FakeTree tree;
    tree.put("info/last_cmd_status", "Bad mask\n");
    const std::string error = error_of(tree, {.schemata = {"L3:0=f"}});
    CHECK(mentions(error, "/box/schemata"));
    CHECK(mentions(error, "(Bad mask)"));
    CHECK_FALSE(tree.has("box"));
}

TEST_CASE("a class that is there is compared, never written and never removed") {
    const FakeTree tree;
    tree.put("gold/schemata", "L3:0=00f\n");
    CHECK(prepared(tree, {.clos_id = "gold", .l3_cache_schema = "L3:0=f"}));
    CHECK(prepared(tree, {.clos_id = "gold", .schemata = {"L3:0=f"}}));
    const std::string error = error_of(tree, {.clos_id = "gold", .l3_cache_schema = "L3:0=ff"});
    CHECK(mentions(error, "other shares"));
    CHECK(
        mentions(error_of(tree, {.clos_id = "gold", .schemata = {"L3:0=f", "MB:0=9"}}), "MB:0=9"));
    CHECK(tree.text_of("gold/schemata") == "L3:0=00f\n");
}

TEST_CASE("bandwidth is compared in the steps of the machine") {
    const FakeTree tree;
    tree.put("info/MB/bandwidth_gran", "10\n");
    tree.put("gold/schemata", "MB:0=20\n");
    CHECK(prepared(tree, {.clos_id = "gold", .mem_bw_schema = "MB:0=15"}));
}

TEST_CASE("a class chosen by its name alone is taken as it is, or missed") {
    const FakeTree tree;
    tree.make_directory("gold");
    const auto handle = prepared(tree, {.clos_id = "gold"});
    REQUIRE(handle);
    CHECK_FALSE(handle.value().place().makes_clos);
    CHECK(mentions(error_of(tree, {.clos_id = "silver"}), "/linux/intelRdt/closID"));
    CHECK_FALSE(tree.has("silver"));
}

TEST_CASE("the root class is there and stays") {
    const FakeTree tree;
    tree.put("tasks");
    const auto handle = prepared(tree, {.clos_id = "/"});
    REQUIRE(handle);
    CHECK(handle.value().place().clos == tree.root());
    CHECK(intel_rdt::remove(handle.value().place()));
    CHECK(tree.has("tasks"));
}

TEST_CASE("a group that measures is made in the class and removed with the container") {
    const FakeTree tree;
    tree.make_directory("mon_groups");
    auto handle = prepared(tree, {.clos_id = "/", .enable_monitoring = true});
    REQUIRE(handle);
    CHECK(tree.has("mon_groups/box"));
    handle.value().keep();
    CHECK(intel_rdt::remove(handle.value().place()));
    CHECK_FALSE(tree.has("mon_groups/box"));
    CHECK(tree.has("mon_groups"));
    // A second removal finds nothing.
    CHECK(intel_rdt::remove(handle.value().place()));
}

TEST_CASE("measuring is refused where the machine cannot, or the group is another's") {
    const FakeTree tree;
    tree.make_directory("gold");
    const IntelRdt wanted{.clos_id = "gold", .enable_monitoring = true};
    CHECK(mentions(error_of(tree, wanted), "cannot measure"));
    tree.make_directory("mon_groups");
    tree.make_directory("gold/mon_groups/box");
    CHECK(mentions(error_of(tree, wanted), "is there already"));
    CHECK(tree.has("gold/mon_groups/box"));
}

TEST_CASE("a group that cannot be made takes its class away again") {
    const FakeTree tree;
    tree.make_directory("mon_groups");
    // In a fake class there is no mon_groups.
    CHECK(mentions(error_of(tree, {.enable_monitoring = true}), "mon_groups/box"));
    CHECK_FALSE(tree.has("box"));
}

TEST_CASE("a process is listed in the class, then in the group") {
    const FakeTree tree;
    tree.put("gold/tasks");
    tree.put("gold/mon_groups/box/tasks");
    const intel_rdt::Place place{.clos = tree.root() + "/gold",
                                 .monitoring = tree.root() + "/gold/mon_groups/box"};
    CHECK(intel_rdt::add_process(place, 4711));
    CHECK(tree.text_of("gold/tasks") == "4711\n");
    CHECK(tree.text_of("gold/mon_groups/box/tasks") == "4711\n");
    CHECK(intel_rdt::add_process({}, 4711));
    CHECK_FALSE(intel_rdt::add_process({.clos = tree.root() + "/silver"}, 4711));
}

TEST_CASE("a class in which others live stays, one of the dead goes") {
    const FakeTree tree;
    const intel_rdt::Place place{.clos = tree.root() + "/gold", .makes_clos = true};
    tree.put("gold/tasks", std::to_string(::getpid()) + "\n");
    CHECK(intel_rdt::remove(place));
    CHECK(tree.has("gold"));
    const pid_t zombie = ::fork();
    if (zombie == 0) ::_exit(0);
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(zombie), &info, WEXITED | WNOWAIT);
    tree.put("gold/tasks", std::to_string(zombie) + "\n");
    // rmdir of a directory of plain files fails: that it was tried is what counts.
    CHECK_FALSE(intel_rdt::remove(place));
    ::waitpid(zombie, nullptr, 0);
}

TEST_CASE("a class of the container's own is rewritten, and no other") {
    const FakeTree tree;
    tree.put("box/schemata", "L3:0=7ff\n");
    const std::string own = tree.root() + "/box";
    REQUIRE(intel_rdt::rewrite({.clos = own, .makes_clos = true}, "L3:0=001"));
    CHECK(tree.text_of("box/schemata") == "L3:0=001\n");
    CHECK_FALSE(intel_rdt::rewrite({.clos = own, .makes_clos = false}, "L3:0=00f"));
    CHECK_FALSE(intel_rdt::rewrite({}, "L3:0=00f"));
    CHECK(tree.text_of("box/schemata") == "L3:0=001\n");
    CHECK(intel_rdt::schemata_of("L3:0=1", "MB:0=50") == "L3:0=1\nMB:0=50");
    CHECK(intel_rdt::schemata_of("", "").empty());
}
