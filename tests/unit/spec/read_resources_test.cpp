// SPDX-License-Identifier: Apache-2.0
#include "unit/spec/config_text.hpp"

using namespace oci::test;

namespace {

oci::Resources resources(std::string_view members) {
    return accepted(with_resources(members)).linux_section.resources;
}

}  // namespace

TEST_CASE("limits are read, and zero is unset where the specification has no zero") {
    const oci::Resources read = resources(R"("memory":{"limit":1,"reservation":2,"swap":-1,
        "checkBeforeUpdate":true},"cpu":{"shares":1024,"quota":-1,"burst":0,"period":100000,"idle":0,
        "cpus":"0-3,7","mems":"0"},"pids":{"limit":0})");
    CHECK(read.memory.limit == 1);
    CHECK(read.memory.reservation == 2);
    CHECK(read.memory.swap == -1);
    CHECK(read.memory.check_before_update);
    CHECK(read.cpu.shares == 1024U);
    CHECK(read.cpu.quota == -1);
    CHECK(read.cpu.burst == 0U);
    CHECK(read.cpu.period == 100000U);
    CHECK(read.cpu.idle == 0);
    CHECK(read.cpu.cpus == "0-3,7");
    CHECK(read.pids_limit == 0);

    const oci::Resources zeros = resources(R"("memory":{"limit":0,"reservation":0,"swap":0},
        "cpu":{"shares":0,"quota":0,"period":0},"blockIO":{"weight":0})");
    CHECK_FALSE(zeros.memory.limit);
    CHECK_FALSE(zeros.memory.reservation);
    CHECK_FALSE(zeros.memory.swap);
    CHECK_FALSE(zeros.cpu.shares);
    CHECK_FALSE(zeros.cpu.quota);
    CHECK_FALSE(zeros.cpu.period);
    CHECK_FALSE(zeros.block_io.weight);
    CHECK_FALSE(zeros.pids_limit);
}

TEST_CASE("block io is read device by device") {
    const oci::BlockIoResources io = resources(R"("blockIO":{"weight":500,
        "weightDevice":[{"major":8,"minor":0,"weight":100},{"major":8,"minor":1,"leafWeight":10}],
        "throttleReadBpsDevice":[{"major":8,"minor":0,"rate":1}],
        "throttleWriteBpsDevice":[{"major":8,"minor":0,"rate":2}],
        "throttleReadIOPSDevice":[{"major":8,"minor":0,"rate":3}],
        "throttleWriteIOPSDevice":[{"major":8,"minor":0,"rate":4}]})")
                                         .block_io;
    CHECK(io.weight == std::uint16_t{500});
    REQUIRE(io.weight_devices.size() == 1);
    CHECK(io.weight_devices[0].weight == 100);
    CHECK(io.read_bytes.at(0).rate == 1);
    CHECK(io.write_bytes.at(0).rate == 2);
    CHECK(io.read_operations.at(0).rate == 3);
    CHECK(io.write_operations.at(0).rate == 4);
}

TEST_CASE("hugepages, rdma and unified are read in order") {
    const oci::Resources read = resources(R"("hugepageLimits":[{"pageSize":"2MB","limit":0}],
        "rdma":{"mlx5_1":{"hcaHandles":3},"mlx4_0":{"hcaObjects":4}},
        "unified":{"memory.high":"1","io.max":"8:0 rbps=1\n8:16 rbps=2","hugetlb.1GB.max":"0"})");
    CHECK(read.hugepage_limits.at(0).page_size == "2MB");
    CHECK(read.rdma.at(0).device == "mlx5_1");
    CHECK(read.rdma[0].hca_handles == 3U);
    CHECK_FALSE(read.rdma[0].hca_objects);
    CHECK(read.rdma.at(1).hca_objects == 4U);
    REQUIRE(read.unified.size() == 3);
    CHECK(read.unified[0].first == "memory.high");
    CHECK(read.unified[2].second == "0");
}

TEST_CASE("device rules stand for all where they are silent") {
    const auto rules = *resources(R"("devices":[{"allow":false,"access":"rwm"},{"allow":false},
        {"allow":true,"type":"c","major":1,"minor":-1,"access":"rm"},
        {"allow":true,"type":"b","access":"w"},{"allow":true}])")
                            .devices;
    REQUIRE(rules.size() == 5);
    CHECK(rules[0].type == 'a');
    CHECK(rules[1].read);
    CHECK(rules[1].make_node);
    CHECK(rules[2].major == 1);
    CHECK_FALSE(rules[2].minor);
    CHECK(rules[2].read);
    CHECK_FALSE(rules[2].write);
    CHECK(rules[3].write);
    CHECK_FALSE(rules[3].major);
    CHECK(rules[4].write);
}

TEST_CASE("device rules that are unclear are refused") {
    const auto rule = [](const std::string& text) {
        return refusal(with_resources("\"devices\":[" + text + "]"));
    };
    CHECK(rule("{}") == "/linux/resources/devices/0/allow: is required");
    CHECK(rule(R"({"allow":true,"access":"x"})") ==
          "/linux/resources/devices/0/access: must be made of the letters r, w and m");
    CHECK(rule(R"({"allow":true,"type":"c"})") == "/linux/resources/devices/0/access: is required");
    CHECK(rule(R"({"allow":true,"type":"z"})").find("unknown value \"z\"") != std::string::npos);
    CHECK(rule(R"({"allow":"yes"})").ends_with("must be true or false (is a string)"));
}

TEST_CASE("absent device rules differ from an empty list") {
    CHECK_FALSE(resources("").devices);
    CHECK(resources(R"("devices":[])").devices->empty());
}

TEST_CASE("fields of cgroup v1 are noted when they ask for something") {
    const auto ignored = resources(R"("memory":{"kernel":1,"kernelTCP":1,"swappiness":60,
        "disableOOMKiller":true,"useHierarchy":true},"cpu":{"realtimeRuntime":1,"realtimePeriod":1},
        "blockIO":{"leafWeight":10,"weightDevice":[{"major":1,"minor":1,"leafWeight":10}]},
        "network":{"classID":1,"priorities":[{"name":"eth0","priority":1}]})")
                             .ignored;
    CHECK(ignored ==
          std::vector<std::string>{
              "/linux/resources/memory/kernel", "/linux/resources/memory/kernelTCP",
              "/linux/resources/memory/swappiness", "/linux/resources/memory/disableOOMKiller",
              "/linux/resources/memory/useHierarchy", "/linux/resources/cpu/realtimeRuntime",
              "/linux/resources/cpu/realtimePeriod", "/linux/resources/blockIO/leafWeight",
              "/linux/resources/blockIO/weightDevice/0/leafWeight",
              "/linux/resources/network/classID", "/linux/resources/network/priorities"});
    CHECK(resources(R"("memory":{"kernel":0,"swappiness":0,"disableOOMKiller":false},
        "cpu":{"realtimeRuntime":0},"blockIO":{"leafWeight":0},"network":{"priorities":[]})")
              .ignored.empty());
    CHECK(refusal(with_resources(R"("memory":{"swappiness":"60"})"))
              .starts_with("/linux/resources/memory/swappiness: must be an integer"));
    CHECK(refusal(with_resources(R"("network":{"priorities":[{"name":"eth0"}]})")) ==
          "/linux/resources/network/priorities/0/priority: is required");
    CHECK(refusal(with_resources(R"("network":{"priorities":[{"name":1,"priority":1}]})"))
              .starts_with("/linux/resources/network/priorities/0/name: must be a string"));
}
