// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/systemd/limits.hpp"

#include <utility>

#include "support/catch.hpp"

using namespace oci::cgroups;
using namespace oci::cgroups::systemd;

namespace {

constexpr std::uint64_t infinity = ~std::uint64_t{0};

Properties from(const char* file, const char* value, unsigned version = 300) {
    return properties_of(Writes{{.property = "/x", .file = file, .value = value}},
                         {.version = version});
}

bool is(const Properties& properties, const char* name, const Value& value) {
    return properties == Properties{{name, value}};
}

Value for_disk(std::uint64_t value) {
    return array("(st)", {tuple({string("/dev/block/8:0"), uint64(value)})});
}

}  // namespace

TEST_CASE("limits of memory have properties") {
    CHECK(is(from("memory.max", "67108864"), "MemoryMax", uint64(67108864)));
    CHECK(is(from("memory.max", "max"), "MemoryMax", uint64(infinity)));
    CHECK(is(from("memory.max", "64M"), "MemoryMax", uint64(67108864)));
    CHECK(is(from("memory.high", "1g"), "MemoryHigh", uint64(1073741824)));
    CHECK(is(from("memory.low", "0"), "MemoryLow", uint64(0)));
    CHECK(is(from("memory.min", "5"), "MemoryMin", uint64(5)));
    CHECK(is(from("memory.swap.max", "0"), "MemorySwapMax", uint64(0)));
    CHECK(is(from("memory.zswap.max", "7"), "MemoryZSwapMax", uint64(7)));
    CHECK(is(from("memory.oom.group", "1"), "OOMPolicy", string("kill")));
    CHECK(is(from("memory.oom.group", "0"), "OOMPolicy", string("continue")));
}

TEST_CASE("the processor's limits have properties") {
    CHECK(is(from("cpu.weight", "100"), "CPUWeight", uint64(100)));
    CHECK(is(from("cpu.idle", "1"), "CPUWeight", uint64(0)));
    CHECK(from("cpu.idle", "2").empty());
    CHECK(from("cpu.max", "50000 100000") == Properties{{"CPUQuotaPerSecUSec", uint64(500000)},
                                                        {"CPUQuotaPeriodUSec", uint64(100000)}});
    CHECK(from("cpu.max", "max 100000") == Properties{{"CPUQuotaPerSecUSec", uint64(infinity)},
                                                      {"CPUQuotaPeriodUSec", uint64(100000)}});
    CHECK(is(from("cpu.max", "50000"), "CPUQuotaPerSecUSec", uint64(500000)));
    CHECK(is(from("cpuset.cpus", "0-2,9"), "AllowedCPUs", bytes({7, 2})));
    CHECK(is(from("cpuset.mems", "0"), "AllowedMemoryNodes", bytes({1})));
}

TEST_CASE("what stops being idle has its own weight, or none") {
    CHECK(is(from("cpu.idle", "0"), "CPUWeight", uint64(infinity)));
    Writes both{{.property = "/x", .file = "cpu.weight", .value = "70"},
                {.property = "/y", .file = "cpu.idle", .value = "0"}};
    CHECK(is(properties_of(both, {.version = 300}), "CPUWeight", uint64(70)));
    std::swap(both[0], both[1]);
    CHECK(is(properties_of(both, {.version = 300}), "CPUWeight", uint64(70)));
}

TEST_CASE("what is settled with the start is not told later, nor to slices") {
    const Writes writes{{.property = "/x", .file = "memory.oom.group", .value = "1"}};
    CHECK(properties_of(writes, {.version = 300}).size() == 1);
    CHECK(properties_of(writes, {.version = 300, .is_running = true}).empty());
    CHECK(properties_of(writes, {.version = 300, .is_slice = true}).empty());
}

TEST_CASE("a limit is narrow that leaves no room for the anchor") {
    const auto narrow = [](const char* file, const char* value) {
        return is_narrow({.property = "/x", .file = file, .value = value});
    };
    for (const char* few : {"0", "1", "2", "15"}) CHECK(narrow("pids.max", few));
    for (const char* many : {"16", "2048", "max"}) CHECK_FALSE(narrow("pids.max", many));
    CHECK_FALSE(narrow("cgroup.max.depth", "1"));
}

TEST_CASE("quotas are rounded up to what systemd writes down") {
    CHECK(is(from("cpu.max", "33333", 257), "CPUQuotaPerSecUSec", uint64(333400)));
    CHECK(is(from("cpu.max", "33333", 256), "CPUQuotaPerSecUSec", uint64(340000)));
    CHECK(is(from("cpu.max", "1001 100000", 241), "CPUQuotaPerSecUSec", uint64(20000)));
    CHECK(is(from("cpu.max", "1000 100000", 241), "CPUQuotaPerSecUSec", uint64(10000)));
    CHECK(is(from("cpu.max", "1 100000", 241), "CPUQuotaPerSecUSec", uint64(10000)));
}

TEST_CASE("what a version does not know it is not told") {
    CHECK(from("memory.oom.group", "1", 252).empty());
    CHECK(from("memory.zswap.max", "1", 252).empty());
    CHECK(from("cpu.idle", "1", 251).empty());
    CHECK(from("cpuset.cpus", "0", 243).empty());
    CHECK(from("cpuset.cpus", "0", 244).size() == 1);
    CHECK(from("cpu.max", "1000 1000", 241).size() == 1);
    CHECK(from("cpu.max", "1000 1000", 242).size() == 2);
}

TEST_CASE("a limit of no process at all is one for systemd") {
    CHECK(is(from("pids.max", "0"), "TasksMax", uint64(1)));
    CHECK(is(from("pids.max", "50"), "TasksMax", uint64(50)));
    CHECK(is(from("pids.max", "max"), "TasksMax", uint64(infinity)));
}

TEST_CASE("limits of disks have properties for each disk") {
    CHECK(is(from("io.weight", "default 300"), "IOWeight", uint64(300)));
    CHECK(is(from("io.weight", "8:0 300"), "IODeviceWeight", for_disk(300)));
    CHECK(from("io.max", "8:0 rbps=1048576 wiops=30 riops=max") ==
          Properties{{"IOReadBandwidthMax", for_disk(1048576)},
                     {"IOWriteIOPSMax", for_disk(30)},
                     {"IOReadIOPSMax", for_disk(infinity)}});
    const Writes bfq{{.property = "/x",
                      .file = "io.bfq.weight",
                      .value = "8:0 10",
                      .other_file = "io.weight",
                      .other_value = "8:0 1"}};
    CHECK(is(properties_of(bfq, {.version = 300}), "IODeviceWeight", for_disk(1)));
}

TEST_CASE("a later write counts more than an earlier one") {
    const Writes writes{{.file = "memory.max", .value = "1"}, {.file = "memory.max", .value = "2"}};
    CHECK(is(properties_of(writes, {.version = 300}), "MemoryMax", uint64(2)));
}

TEST_CASE("what systemd could not take is left to the cgroup") {
    for (const auto& [file, value] :
         {std::pair{"memory.max", "0"}, std::pair{"memory.max", "lots"},
          std::pair{"cpu.weight", "0"}, std::pair{"cpu.weight", "10001"},
          std::pair{"cpu.max", "1 2 3"}, std::pair{"cpu.max", "1 0"}, std::pair{"cpuset.cpus", ""},
          std::pair{"io.max", "sda rbps=1"}, std::pair{"io.max", "8:0 rbps=x"},
          std::pair{"hugetlb.2MB.max", "5"}}) {
        INFO(file << " " << value);
        CHECK(from(file, value).empty());
    }
}

TEST_CASE("a file is not written if its property is set by somebody else") {
    const Writes writes{{.file = "memory.max", .value = "1"},
                        {.file = "cpu.max", .value = "1 1000"},
                        {.file = "pids.max", .value = "1"}};
    CHECK(without_files_of({}, writes).size() == 3);
    const Writes left =
        without_files_of({{"MemoryMax", uint64(5)}, {"CPUQuotaPeriodUSec", uint64(1)}}, writes);
    REQUIRE(left.size() == 1);
    CHECK(left[0].file == "pids.max");
}
