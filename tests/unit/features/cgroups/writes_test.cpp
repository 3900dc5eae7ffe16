// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/writes.hpp"

#include <fcntl.h>

#include "kernel/files.hpp"
#include "support/catch.hpp"
#include "support/fake_tree.hpp"

using namespace oci;
using cgroups::Write;

namespace {

Result<void> apply(const test::FakeTree& tree, const cgroups::Writes& writes) {
    const auto directory =
        kernel::open_at(kernel::here, tree.root().c_str(), O_RDONLY | O_DIRECTORY);
    REQUIRE(directory);
    return cgroups::apply(writes, directory.value(), tree.root());
}

}  // namespace

TEST_CASE("writes end up in their files") {
    const test::FakeTree tree;
    tree.put("pids.max");
    REQUIRE(apply(tree, {Write{.file = "pids.max", .value = "42"}}));
    CHECK(tree.text_of("pids.max") == "42");
}

TEST_CASE("a limit without its file is an error that names property, value and file") {
    const test::FakeTree tree;
    const auto applied = apply(
        tree,
        {Write{.property = "/linux/resources/pids/limit", .file = "pids.max", .value = "42"}});
    REQUIRE_FALSE(applied);
    CHECK(applied.error().message.find("/linux/resources/pids/limit: cannot write \"42\" to " +
                                       tree.root() + "/pids.max") == 0);
}

TEST_CASE("what limits nothing needs no file") {
    const test::FakeTree tree;
    CHECK(apply(tree, {Write{.file = "pids.max", .value = "max", .is_default = true}}));
    CHECK(apply(tree, {Write{.file = "memory.swap.max", .value = "0", .may_be_missing = true}}));
    CHECK_FALSE(tree.has("pids.max"));
}

TEST_CASE("the other file takes the value where the first does not exist") {
    const Write weight{
        .file = "io.bfq.weight", .value = "100", .other_file = "io.weight", .other_value = "910"};
    const test::FakeTree tree;
    tree.put("io.weight");
    REQUIRE(apply(tree, {weight}));
    CHECK(tree.text_of("io.weight") == "910");

    const test::FakeTree with_bfq;
    with_bfq.put("io.weight");
    with_bfq.put("io.bfq.weight");
    REQUIRE(apply(with_bfq, {weight}));
    CHECK(with_bfq.text_of("io.bfq.weight") == "100");
    CHECK(with_bfq.text_of("io.weight").empty());

    CHECK_FALSE(apply(test::FakeTree{}, {weight}));
}

TEST_CASE("a memory limit below the usage is rejected where asked for") {
    const test::FakeTree tree;
    tree.put("memory.max");
    tree.put("memory.current", "5000\n");
    Write limit{.file = "memory.max", .value = "4999", .usage_file = "memory.current"};
    const auto applied = apply(tree, {limit});
    REQUIRE_FALSE(applied);
    CHECK(applied.error().message.find("rejecting memory limit 4999 < usage 5000") !=
          std::string::npos);
    limit.value = "5000";
    CHECK(apply(tree, {limit}));
    limit.value = "max";
    CHECK(apply(tree, {limit}));
}

TEST_CASE("a symlink in place of a file is not followed") {
    const test::FakeTree tree;
    tree.put("outside/pids.max");
    tree.make_directory("cgroup");
    std::filesystem::create_symlink("../outside/pids.max", tree.root() + "/cgroup/pids.max");
    const auto directory =
        kernel::open_at(kernel::here, (tree.root() + "/cgroup").c_str(), O_RDONLY | O_DIRECTORY);
    REQUIRE(directory);
    CHECK_FALSE(cgroups::apply({Write{.file = "pids.max", .value = "1"}}, directory.value(), "x"));
}
