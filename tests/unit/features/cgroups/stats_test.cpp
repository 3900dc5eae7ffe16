// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/stats.hpp"

#include "support/catch.hpp"
#include "support/fake_tree.hpp"

using namespace oci;

namespace {

Stats read(const test::FakeTree& tree) {
    const auto stats = cgroups::read_stats({.mount_point = tree.root(), .path = "/box"});
    REQUIRE(stats);
    return stats.value();
}

}  // namespace

TEST_CASE("what is not there is absent, and no error") {
    const test::FakeTree tree;
    tree.make_directory("box");
    const Stats stats = read(tree);
    CHECK_FALSE(stats.cpu.usage);
    CHECK_FALSE(stats.cpu.pressure);
    CHECK_FALSE(stats.memory.usage);
    CHECK_FALSE(stats.pids.current);
    CHECK(stats.io.devices.empty());
    CHECK(stats.hugepages.empty());
    CHECK(stats.rdma.empty());
    CHECK_FALSE(cgroups::read_stats(cgroups::Location{}));
}

TEST_CASE("times are nanoseconds") {
    const test::FakeTree tree;
    tree.put("box/cpu.stat",
             "usage_usec 30\nuser_usec 10\nsystem_usec 20\nnr_periods 4\nnr_throttled 3\n"
             "throttled_usec 7\n");
    tree.put("box/cpu.max", "50000 100000\n");
    tree.put("box/cpuset.cpus.effective", "0-1\n");
    const CpuStats cpu = read(tree).cpu;
    CHECK(cpu.usage == 30'000U);
    CHECK(cpu.user == 10'000U);
    CHECK(cpu.kernel == 20'000U);
    CHECK(cpu.periods == 4U);
    CHECK(cpu.throttled_periods == 3U);
    CHECK(cpu.throttled_time == 7'000U);
    CHECK(cpu.quota == 50'000'000U);
    CHECK(cpu.period == 100'000'000U);
    CHECK(cpu.cpus == "0-1");
    tree.put("box/cpu.max", "max 100000\n");
    CHECK_FALSE(read(tree).cpu.quota);
}

TEST_CASE("memory is told with what the OOM killer did") {
    const test::FakeTree tree;
    tree.put("box/memory.current", "4096\n");
    tree.put("box/memory.max", "max\n");
    tree.put("box/memory.peak", "8192\n");
    tree.put("box/memory.swap.current", "1\n");
    tree.put("box/memory.swap.max", "2\n");
    tree.put("box/memory.events", "low 0\nhigh 0\nmax 5\noom 1\noom_kill 2\noom_group_kill 0\n");
    tree.put("box/memory.stat", "anon 100\nfile 200\n");
    const MemoryStats memory = read(tree).memory;
    CHECK(memory.usage == 4096U);
    CHECK_FALSE(memory.limit);
    CHECK(memory.peak == 8192U);
    CHECK(memory.swap_usage == 1U);
    CHECK(memory.swap_limit == 2U);
    CHECK(memory.limit_hits == 5U);
    CHECK(memory.oom_kills == 2U);
    CHECK(memory.details.at("file") == 200);
    const cgroups::Location place{.mount_point = tree.root(), .path = "/box"};
    CHECK(cgroups::oom_kills(place) == 2U);
    CHECK_FALSE(cgroups::memory_limit(place));
}

TEST_CASE("disks are told apart, and one that did nothing is left out") {
    const test::FakeTree tree;
    tree.put("box/io.stat",
             "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6\n7:0\n"
             "253:1 rbytes=9 wbytes=0 rios=1 wios=0 dbytes=0 dios=0\n");
    const IoStats io = read(tree).io;
    REQUIRE(io.devices.size() == 2);
    CHECK(io.devices[0].major == 8);
    CHECK(io.devices[0].discarded_bytes == 5);
    CHECK(io.devices[0].writes == 4);
    CHECK(io.devices[1].major == 253);
    CHECK(io.devices[1].minor == 1);
}

TEST_CASE("huge pages and rdma devices go by their names") {
    const test::FakeTree tree;
    tree.put("box/hugetlb.2MB.current", "2097152\n");
    tree.put("box/hugetlb.2MB.max", "max\n");
    tree.put("box/hugetlb.2MB.events", "max 3\n");
    tree.put("box/hugetlb.2MB.rsvd.current", "0\n");
    tree.put("box/rdma.current", "mlx hca_handle=2 hca_object=3\n");
    tree.put("box/rdma.max", "mlx hca_handle=max hca_object=9\n");
    const Stats stats = read(tree);
    REQUIRE(stats.hugepages.size() == 1);
    CHECK(stats.hugepages.at("2MB").usage == 2'097'152U);
    CHECK(stats.hugepages.at("2MB").limit_hits == 3U);
    CHECK_FALSE(stats.hugepages.at("2MB").limit);
    CHECK(stats.rdma.at("mlx").handles == 2U);
    CHECK_FALSE(stats.rdma.at("mlx").handle_limit);
    CHECK(stats.rdma.at("mlx").object_limit == 9U);
}

TEST_CASE("pressure is two lines of averages") {
    const auto pressure = cgroups::parse_pressure(
        "some avg10=1.25 avg60=0.50 avg300=0.07 total=12345\n"
        "full avg10=0.00 avg60=0.00 avg300=0.00 total=7\n");
    REQUIRE(pressure);
    CHECK(pressure->some.average_10 == 1.25);
    CHECK(pressure->some.average_300 == 7 / 100.0);
    CHECK(pressure->some.total == 12345);
    CHECK(pressure->full.total == 7);
    CHECK_FALSE(cgroups::parse_pressure(""));
}
