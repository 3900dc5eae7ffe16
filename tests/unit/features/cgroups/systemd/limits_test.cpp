// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/systemd/limits.hpp"

#include <linux/bpf.h>

#include "support/catch.hpp"

using namespace oci::cgroups;
using namespace oci::cgroups::systemd;

namespace {

constexpr std::uint64_t infinity = ~std::uint64_t{0};

Properties from(const char* file, const char* value, unsigned version = 300) {
    return properties_of(Writes{{.property = "/x", .file = file, .value = value}}, version);
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
    CHECK(from("cpu.idle", "0").empty());
    CHECK(from("cpu.max", "50000 100000") == Properties{{"CPUQuotaPerSecUSec", uint64(500000)},
                                                        {"CPUQuotaPeriodUSec", uint64(100000)}});
    CHECK(from("cpu.max", "max 100000") == Properties{{"CPUQuotaPerSecUSec", uint64(infinity)},
                                                      {"CPUQuotaPeriodUSec", uint64(100000)}});
    CHECK(is(from("cpu.max", "50000"), "CPUQuotaPerSecUSec", uint64(500000)));
    CHECK(is(from("cpuset.cpus", "0-2,9"), "AllowedCPUs", bytes({7, 2})));
    CHECK(is(from("cpuset.mems", "0"), "AllowedMemoryNodes", bytes({1})));
}

TEST_CASE("quotas are rounded up to 10 ms of a second") {
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
    CHECK(is(properties_of(bfq, 300), "IODeviceWeight", for_disk(1)));
}

TEST_CASE("a later write counts more than an earlier one") {
    const Writes writes{{.file = "memory.max", .value = "1"}, {.file = "memory.max", .value = "2"}};
    CHECK(is(properties_of(writes, 300), "MemoryMax", uint64(2)));
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

TEST_CASE("devices are allowed by number, and never less than by the rules") {
    constexpr unsigned read = BPF_DEVCG_ACC_READ;
    constexpr unsigned make = BPF_DEVCG_ACC_MKNOD;
    const std::vector<DeviceAccess> rules{
        {true, 'c', 7U, 7U, read}, {false, 'a', {}, {}, 7},  // whatever was before is gone
        {true, 'c', 1U, 3U, read}, {true, 'c', 1U, 3U, make},  {true, 'b', 8U, {}, read},
        {true, 'a', {}, {}, make}, {false, 'b', 8U, 1U, read},
    };
    const Properties strict = device_properties(rules, false, 300);
    REQUIRE(strict.size() == 2);
    CHECK(strict[0] == Property{"DevicePolicy", string("strict")});
    CHECK(strict[1] ==
          Property{"DeviceAllow", array("(ss)", {tuple({string("/dev/char/1:3"), string("rm")}),
                                                 tuple({string("block-*"), string("m")}),
                                                 tuple({string("block-8"), string("r")}),
                                                 tuple({string("char-*"), string("m")})})});
    CHECK(device_properties(rules, true, 300) == Properties{{"DevicePolicy", string("auto")}});
    CHECK(device_properties(rules, false, 239).empty());
}
