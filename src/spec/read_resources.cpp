// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "spec/read_sections.hpp"

namespace oci::spec {
namespace {

using Ignored = std::vector<std::string>;

/// A field of cgroup v1: its type is checked, and it is noted if it asks for
/// something. Docker writes explicit zeros for what nobody asked for.
template <typename Type>
Result<void> note_ignored(const Place& place, std::string_view key, Ignored& ignored) {
    Type value{};
    OCI_TRY(field(place, key, value));
    if (value != Type{}) ignored.push_back(place.pointer() + pointer_step(key));
    return {};
}

/// A number for which zero means the same as absent.
template <typename Number>
Result<void> nonzero_field(const Place& place, std::string_view key, std::optional<Number>& out) {
    OCI_TRY(field(place, key, out));
    if (out == Number{0}) out.reset();
    return {};
}

Result<void> read_memory(const Place& place, Resources& out) {
    OCI_TRY(nonzero_field(place, "limit", out.memory.limit));
    OCI_TRY(nonzero_field(place, "reservation", out.memory.reservation));
    OCI_TRY(nonzero_field(place, "swap", out.memory.swap));
    OCI_TRY(field(place, "checkBeforeUpdate", out.memory.check_before_update));
    OCI_TRY(note_ignored<std::int64_t>(place, "kernel", out.ignored));
    OCI_TRY(note_ignored<std::int64_t>(place, "kernelTCP", out.ignored));
    OCI_TRY(note_ignored<std::int64_t>(place, "swappiness", out.ignored));
    OCI_TRY(note_ignored<bool>(place, "disableOOMKiller", out.ignored));
    return note_ignored<bool>(place, "useHierarchy", out.ignored);
}

Result<void> read_cpu(const Place& place, Resources& out) {
    OCI_TRY(nonzero_field(place, "shares", out.cpu.shares));
    OCI_TRY(nonzero_field(place, "quota", out.cpu.quota));
    OCI_TRY(nonzero_field(place, "period", out.cpu.period));
    OCI_TRY(field(place, "burst", out.cpu.burst));
    OCI_TRY(field(place, "idle", out.cpu.idle));
    OCI_TRY(field(place, "cpus", out.cpu.cpus));
    OCI_TRY(field(place, "mems", out.cpu.mems));
    OCI_TRY(note_ignored<std::int64_t>(place, "realtimeRuntime", out.ignored));
    return note_ignored<std::uint64_t>(place, "realtimePeriod", out.ignored);
}

Result<void> read_throttle_device(const Place& place, ThrottleDevice& device) {
    OCI_TRY(required(place, "major", device.major));
    OCI_TRY(required(place, "minor", device.minor));
    return required(place, "rate", device.rate);
}

Result<void> read_weight_devices(const Place& place, Resources& out) {
    const auto read_one = [&](const Place& entry, WeightDevice& device) -> Result<void> {
        OCI_TRY(required(entry, "major", device.major));
        OCI_TRY(required(entry, "minor", device.minor));
        OCI_TRY(field(entry, "weight", device.weight));
        return note_ignored<std::uint16_t>(entry, "leafWeight", out.ignored);
    };
    OCI_TRY(list(place, "weightDevice", out.block_io.weight_devices, read_one));
    // An entry may speak of the leaf weight alone.
    std::erase_if(out.block_io.weight_devices,
                  [](const WeightDevice& device) { return device.weight == 0; });
    return {};
}

Result<void> read_block_io(const Place& place, Resources& out) {
    BlockIoResources& io = out.block_io;
    OCI_TRY(nonzero_field(place, "weight", io.weight));
    OCI_TRY(note_ignored<std::uint16_t>(place, "leafWeight", out.ignored));
    OCI_TRY(read_weight_devices(place, out));
    OCI_TRY(list(place, "throttleReadBpsDevice", io.read_bytes, read_throttle_device));
    OCI_TRY(list(place, "throttleWriteBpsDevice", io.write_bytes, read_throttle_device));
    OCI_TRY(list(place, "throttleReadIOPSDevice", io.read_operations, read_throttle_device));
    return list(place, "throttleWriteIOPSDevice", io.write_operations, read_throttle_device);
}

Result<void> read_hugepage_limit(const Place& place, HugepageLimit& limit) {
    OCI_TRY(required(place, "pageSize", limit.page_size));
    return required(place, "limit", limit.limit);
}

Result<void> read_rdma(const Place& place, std::vector<RdmaLimit>& out) {
    const Value::Object* devices = OCI_TRY(place.members());
    for (const Member& device : *devices) {
        const Place entry(place, device.key, device.value);
        RdmaLimit& limit = out.emplace_back();
        OCI_TRY(place.settle(entry.be_object()));
        limit.device = device.key;
        OCI_TRY(field(entry, "hcaHandles", limit.hca_handles));
        OCI_TRY(field(entry, "hcaObjects", limit.hca_objects));
    }
    return {};
}

/// Of a network device, as cgroup v1 knew them.
struct Priority {
    std::string name;
    std::uint32_t priority = 0;
};

Result<void> read_priority(const Place& place, Priority& priority) {
    OCI_TRY(required(place, "name", priority.name));
    return required(place, "priority", priority.priority);
}

Result<void> read_network(const Place& place, Ignored& ignored) {
    OCI_TRY(note_ignored<std::uint32_t>(place, "classID", ignored));
    std::vector<Priority> priorities;
    OCI_TRY(list(place, "priorities", priorities, read_priority));
    if (!priorities.empty()) ignored.push_back(place.pointer() + "/priorities");
    return {};
}

constexpr std::array device_rule_types{
    Named<char>{"", 'a'},  Named<char>{"a", 'a'}, Named<char>{"c", 'c'},
    Named<char>{"u", 'c'}, Named<char>{"b", 'b'},
};

Result<void> read_access(const Place& place, DeviceRule& rule) {
    std::string access;
    OCI_TRY(field(place, "access", access));
    if (access.empty()) {
        if (rule.allow && rule.type != 'a') return missing(place, "access");
        access = "rwm";
    }
    for (const char letter : access) {
        rule.read = rule.read || letter == 'r';
        rule.write = rule.write || letter == 'w';
        rule.make_node = rule.make_node || letter == 'm';
    }
    if (access.find_first_not_of("rwm") != std::string::npos)
        return Place(place, "access", *place.find("access"))
            .refuse("must be made of the letters r, w and m");
    return {};
}

Result<void> read_device_rule(const Place& place, DeviceRule& rule) {
    OCI_TRY(required(place, "allow", rule.allow));
    if (place.find("type") != nullptr)
        OCI_TRY(required_name(place, "type", device_rule_types, rule.type));
    OCI_TRY(field(place, "major", rule.major));
    OCI_TRY(field(place, "minor", rule.minor));
    // -1 is how cgroup v1 tools spell "any".
    if (rule.major && *rule.major < 0) rule.major.reset();
    if (rule.minor && *rule.minor < 0) rule.minor.reset();
    return read_access(place, rule);
}

Result<void> read_pids(const Place& place, Resources& out) {
    return field(place, "limit", out.pids_limit);
}

}  // namespace

Result<void> read_resources_section(const Place& place, Resources& out) {
    OCI_TRY(section(place, "memory", out, read_memory));
    OCI_TRY(section(place, "cpu", out, read_cpu));
    OCI_TRY(section(place, "pids", out, read_pids));
    OCI_TRY(section(place, "blockIO", out, read_block_io));
    OCI_TRY(list(place, "hugepageLimits", out.hugepage_limits, read_hugepage_limit));
    OCI_TRY(section(place, "rdma", out.rdma, read_rdma));
    OCI_TRY(section(place, "network", out.ignored, read_network));
    if (place.find("devices") != nullptr)
        OCI_TRY(list(place, "devices", out.devices.emplace(), read_device_rule));
    return text_members(place, "unified", out.unified);
}

}  // namespace oci::spec
