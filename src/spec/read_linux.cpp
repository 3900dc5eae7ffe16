// SPDX-License-Identifier: Apache-2.0
#include "base/words.hpp"
#include "spec/read_sections.hpp"

namespace oci::spec {
namespace {

Result<void> read_namespace(const Place& place, Namespace& entry) {
    OCI_TRY(required_name(place, "type", words::namespace_kinds, entry.kind));
    return field(place, "path", entry.path);
}

Result<void> read_time_offset(const Place& place, std::optional<TimeOffset>& offset) {
    TimeOffset& value = offset.emplace();
    OCI_TRY(field(place, "secs", value.seconds));
    return field(place, "nanosecs", value.nanoseconds);
}

Result<void> read_time_offsets(const Place& place, Linux& out) {
    const Value::Object* clocks = OCI_TRY(place.members());
    for (const Member& clock : *clocks)
        if (clock.key != "monotonic" && clock.key != "boottime")
            return Place(place, clock.key, clock.value)
                .refuse("unknown clock (known: monotonic boottime)");
    OCI_TRY(section(place, "monotonic", out.monotonic_offset, read_time_offset));
    return section(place, "boottime", out.boottime_offset, read_time_offset);
}

constexpr std::array device_types{
    Named<char>{"c", 'c'},
    Named<char>{"u", 'c'},
    Named<char>{"b", 'b'},
    Named<char>{"p", 'p'},
};

Result<void> read_device_numbers(const Place& place, Device& device) {
    if (device.type == 'p') {
        // A FIFO has no numbers; engines send them as 0 or -1.
        return {};
    }
    OCI_TRY(required(place, "major", device.major));
    return required(place, "minor", device.minor);
}

Result<void> read_device(const Place& place, Device& device) {
    OCI_TRY(required_name(place, "type", device_types, device.type));
    OCI_TRY(required(place, "path", device.path));
    OCI_TRY(read_device_numbers(place, device));
    OCI_TRY(field(place, "fileMode", device.file_mode));
    // Some engines copy st_mode whole, with the type of the file in it.
    constexpr std::uint32_t type_bits = 0170000;
    device.file_mode &= ~type_bits;
    OCI_TRY(field(place, "uid", device.uid));
    return field(place, "gid", device.gid);
}

Result<void> read_propagation(const Place& place, Linux& out) {
    const Value* value = place.find("rootfsPropagation");
    if (value == nullptr) return {};
    words::PropagationWord word;
    OCI_TRY(Place(place, "rootfsPropagation", *value).read_name(words::propagations, word));
    out.rootfs_propagation = word.first;
    out.rootfs_propagation_recursive = word.second;
    return {};
}

Result<void> read_personality(const Place& place, Linux& out) {
    const Value* value = place.find("personality");
    if (value == nullptr) return {};
    const Place inner(place, "personality", *value);
    OCI_TRY(inner.be_object());
    OCI_TRY(required_name(inner, "domain", words::personality_domains, out.personality.emplace()));
    std::vector<std::string> flags;
    OCI_TRY(field(inner, "flags", flags));
    if (flags.empty()) return {};
    const Value* list = inner.find("flags");
    return Place(inner, "flags", *list).refuse("the specification defines no flags");
}

Result<void> read_memory_policy(const Place& place, MemoryPolicy& policy) {
    OCI_TRY(required_name(place, "mode", words::memory_policy_modes, policy.mode,
                          "invalid memory policy mode"));
    OCI_TRY(field(place, "nodes", policy.nodes));
    return name_list(place, "flags", words::memory_policy_flags, policy.flags,
                     "invalid memory policy flag");
}

Result<void> read_net_devices(const Place& place, Linux& out) {
    const Value* value = place.find("netDevices");
    if (value == nullptr) return {};
    const Place devices(place, "netDevices", *value);
    const Value::Object* members = OCI_TRY(devices.members());
    for (const Member& member : *members) {
        const Place entry(devices, member.key, member.value);
        NetDevice& device = out.net_devices.emplace_back();
        device.host_name = member.key;
        OCI_TRY(place.settle(entry.be_object()));
        OCI_TRY(field(entry, "name", device.name));
    }
    return {};
}

Result<void> read_intel_rdt(const Place& place, IntelRdt& rdt) {
    OCI_TRY(field(place, "closID", rdt.clos_id));
    OCI_TRY(field(place, "schemata", rdt.schemata));
    OCI_TRY(field(place, "l3CacheSchema", rdt.l3_cache_schema));
    OCI_TRY(field(place, "memBwSchema", rdt.mem_bw_schema));
    return field(place, "enableMonitoring", rdt.enable_monitoring);
}

}  // namespace

Result<void> read_linux_section(const Place& place, Linux& out) {
    OCI_TRY(list(place, "namespaces", out.namespaces, read_namespace));
    OCI_TRY(list(place, "uidMappings", out.uid_mappings, read_id_mapping));
    OCI_TRY(list(place, "gidMappings", out.gid_mappings, read_id_mapping));
    OCI_TRY(section(place, "timeOffsets", out, read_time_offsets));
    OCI_TRY(list(place, "devices", out.devices, read_device));
    OCI_TRY(field(place, "cgroupsPath", out.cgroups_path));
    OCI_TRY(section(place, "resources", out.resources, read_resources_section));
    OCI_TRY(place.settle(read_propagation(place, out)));
    OCI_TRY(optional_section(place, "seccomp", out.seccomp, read_seccomp_section));
    OCI_TRY(text_members(place, "sysctl", out.sysctl));
    OCI_TRY(field(place, "maskedPaths", out.masked_paths));
    OCI_TRY(field(place, "readonlyPaths", out.readonly_paths));
    OCI_TRY(field(place, "mountLabel", out.mount_label));
    OCI_TRY(place.settle(read_personality(place, out)));
    OCI_TRY(optional_section(place, "memoryPolicy", out.memory_policy, read_memory_policy));
    OCI_TRY(place.settle(read_net_devices(place, out)));
    return optional_section(place, "intelRdt", out.intel_rdt, read_intel_rdt);
}

}  // namespace oci::spec
