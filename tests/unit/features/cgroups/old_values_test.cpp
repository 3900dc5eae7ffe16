// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/old_values.hpp"

#include <fcntl.h>

#include "kernel/files.hpp"
#include "support/catch.hpp"
#include "support/fake_tree.hpp"

using namespace oci;
using cgroups::restoring_value;

TEST_CASE("a file with one value gets it back") {
    CHECK(restoring_value("memory.max", "5", "max\n") == "max\n");
    CHECK(restoring_value("cpu.max", "5 10", "max 100000\n") == "max 100000\n");
    CHECK(restoring_value("cpuset.cpus", "0", "") == "\n");
}

TEST_CASE("a file with a line for each device gets back the one that was written") {
    const std::string before =
        "8:0 rbps=1 wbps=max riops=max wiops=max\n8:16 rbps=2 wbps=3 riops=4 wiops=5\n";
    CHECK(restoring_value("io.max", "8:16 rbps=9", before) == "8:16 rbps=2 wbps=3 riops=4 wiops=5");
    CHECK(restoring_value("io.max", "7:0 rbps=9", before) ==
          "7:0 rbps=max wbps=max riops=max wiops=max");
    CHECK(restoring_value("rdma.max", "mlx hca_handle=2", "mlx hca_handle=7 hca_object=max\n") ==
          "mlx hca_handle=7 hca_object=max");
    CHECK_FALSE(restoring_value("rdma.max", "mlx hca_handle=2", ""));
}

TEST_CASE("a weight without a device is the default's") {
    const std::string before = "default 100\n8:0 200\n";
    CHECK(restoring_value("io.weight", "50", before) == "default 100");
    CHECK(restoring_value("io.weight", "8:0 50", before) == "8:0 200");
    CHECK(restoring_value("io.weight", "9:0 50", before) == "9:0 default");
}

TEST_CASE("the last write is taken back first, and the weight with an end of idleness") {
    const test::FakeTree tree;
    tree.put("cpu.weight", "50\n");
    tree.put("cpu.idle", "0\n");
    const auto directory =
        kernel::open_at(kernel::here, tree.root().c_str(), O_RDONLY | O_DIRECTORY);
    REQUIRE(directory);
    cgroups::OldValues old;
    old.remember({.file = "cpu.idle", .value = "1"}, directory.value());
    tree.put("cpu.weight", "99\n");
    tree.put("cpu.idle", "1\n");
    old.restore(directory.value(), tree.root());
    CHECK(tree.text_of("cpu.weight") == "50\n");
    CHECK(tree.text_of("cpu.idle") == "0\n");
}
