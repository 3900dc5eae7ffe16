// SPDX-License-Identifier: Apache-2.0
#include "spec/names.hpp"
#include "spec/read_sections.hpp"

namespace oci::spec {
namespace {

Result<void> read_namespace(const Place& place, Namespace& entry) {
    OCI_TRY(required_name(place, "type", namespace_kinds, entry.kind));
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
    PropagationWord word;
    OCI_TRY(Place(place, "rootfsPropagation", *value).read_name(propagations, word));
    out.rootfs_propagation = word.first;
    out.rootfs_propagation_recursive = word.second;
    return {};
}

Result<void> read_seccomp(const Place& place, Linux& out) {
    if (place.find("seccomp") == nullptr) return {};
    return section(place, "seccomp", out.seccomp.emplace(), read_seccomp_section);
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
    OCI_TRY(read_propagation(place, out));
    OCI_TRY(read_seccomp(place, out));
    OCI_TRY(text_members(place, "sysctl", out.sysctl));
    OCI_TRY(field(place, "maskedPaths", out.masked_paths));
    OCI_TRY(field(place, "readonlyPaths", out.readonly_paths));
    OCI_TRY(field(place, "mountLabel", out.mount_label));
    for (const char* key : {"intelRdt", "personality", "memoryPolicy", "netDevices"})
        OCI_TRY(unsupported(place, key));
    return {};
}

}  // namespace oci::spec
