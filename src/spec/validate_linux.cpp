// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/explain.hpp"
#include "base/text.hpp"
#include "base/words.hpp"
#include "spec/validate.hpp"

namespace oci::spec {
namespace {

void check_namespaces(const Spec& spec, Problems& problems) {
    const auto& entries = spec.linux_section.namespaces;
    for (auto entry = entries.begin(); entry != entries.end(); ++entry) {
        const auto i = entry - entries.begin();
        if (std::any_of(entries.begin(), entry,
                        [&](const Namespace& other) { return other.kind == entry->kind; }))
            problems.add("/linux/namespaces/{}: {} is given twice", i,
                         name_of_value(words::namespace_kinds, entry->kind));
        if (!entry->path.empty() && entry->path[0] != '/')
            problems.add("/linux/namespaces/{}/path: must be an absolute path", i);
        if (entry->path.size() > longest_path)
            problems.add("/linux/namespaces/{}/path: longer than {} bytes", i, longest_path);
    }
}

void check_user_namespace(const Spec& spec, Problems& problems) {
    const Linux& section = spec.linux_section;
    validate_id_mappings(section.uid_mappings, "/linux/uidMappings", problems);
    validate_id_mappings(section.gid_mappings, "/linux/gidMappings", problems);
    const Namespace* user = find_namespace(spec, NamespaceKind::User);
    for (const auto& [key, mappings] : {std::pair{"uidMappings", &section.uid_mappings},
                                        std::pair{"gidMappings", &section.gid_mappings}}) {
        if (user == nullptr && !mappings->empty())
            problems.add("/linux/{}: needs a user namespace", key);
        // A namespace that is joined has its mappings already; engines repeat
        // them, or send a dummy.
        if (user != nullptr && user->path.empty() && mappings->empty())
            problems.add("/linux/{}: a new user namespace needs it", key);
    }
}

void check_time_offsets(const Spec& spec, Problems& problems) {
    const Linux& section = spec.linux_section;
    if (!section.monotonic_offset && !section.boottime_offset) return;
    const Namespace* time = find_namespace(spec, NamespaceKind::Time);
    if (time == nullptr || !time->path.empty())
        problems.add("/linux/timeOffsets: needs a new time namespace");
    constexpr std::uint32_t nanoseconds_per_second = 1000000000;
    for (const auto& [key, offset] : {std::pair{"monotonic", &section.monotonic_offset},
                                      std::pair{"boottime", &section.boottime_offset}})
        if (*offset && (*offset)->nanoseconds >= nanoseconds_per_second)
            problems.add("/linux/timeOffsets/{}/nanosecs: must be less than {}", key,
                         nanoseconds_per_second);
}

void check_device(const Device& device, const std::string& at, Problems& problems) {
    // The kernel's dev_t has 12 and 20 bits; more would name another device.
    constexpr std::uint32_t largest_major = 0xFFF;
    constexpr std::uint32_t largest_minor = 0xFFFFF;
    constexpr std::uint32_t largest_mode = 07777;
    if (!device.path.starts_with('/')) problems.add("{}/path: must be an absolute path", at);
    if (device.path.size() > longest_path)
        problems.add("{}/path: longer than {} bytes", at, longest_path);
    if (device.major > largest_major)
        problems.add("{}/major: must be at most {}", at, largest_major);
    if (device.minor > largest_minor)
        problems.add("{}/minor: must be at most {}", at, largest_minor);
    if (device.file_mode > largest_mode)
        problems.add("{}/fileMode: must be at most {} (octal 7777)", at, largest_mode);
    if (device.uid > largest_id) problems.add("{}/uid: must be at most {}", at, largest_id);
    if (device.gid > largest_id) problems.add("{}/gid: must be at most {}", at, largest_id);
}

void check_devices(const Spec& spec, Problems& problems) {
    const auto& devices = spec.linux_section.devices;
    for (std::size_t i = 0; i < devices.size(); ++i)
        check_device(devices[i], fmt::format("/linux/devices/{}", i), problems);
}

void check_paths(const Spec& spec, Problems& problems) {
    const Linux& section = spec.linux_section;
    for (const auto& [key, paths] : {std::pair{"maskedPaths", &section.masked_paths},
                                     std::pair{"readonlyPaths", &section.readonly_paths}})
        for (std::size_t i = 0; i < paths->size(); ++i)
            if (!(*paths)[i].starts_with('/') || (*paths)[i].size() > longest_path)
                problems.add("/linux/{}/{}: must be an absolute path of at most {} bytes", key, i,
                             longest_path);
}

Result<void> check_cgroups_path(const Spec& spec) {
    const std::string& path = spec.linux_section.cgroups_path;
    if (path.size() > longest_path)
        return fail(ErrorKind::InvalidConfig, "/linux/cgroupsPath: longer than {} bytes",
                    longest_path);
    if (has_control_character(path))
        return fail(ErrorKind::InvalidConfig, "/linux/cgroupsPath: contains a control character");
    // A systemd path joins slice, prefix and name by colons.
    for (const std::string_view part : split(path, ':'))
        if (std::ranges::count(split(part, '/'), std::string_view("..")) != 0)
            return fail(ErrorKind::InvalidConfig, "/linux/cgroupsPath: must not contain \"..\"");
    return {};
}

void check_sysctl(const Spec& spec, Problems& problems) {
    for (const auto& [key, value] : spec.linux_section.sysctl) {
        if (key.empty()) problems.add("/linux/sysctl: a key must not be empty");
        if (has_control_character(key))
            problems.add("/linux/sysctl/{}: the key contains a control character",
                         escape_for_display(key));
        if (value.find_first_of(std::string_view("\0\n", 2)) != std::string::npos)
            problems.add("/linux/sysctl/{}: must be a single line", escape_for_display(key));
    }
}

Result<void> check_mount_label(const Spec& spec) {
    if (has_control_character(spec.linux_section.mount_label))
        return fail(ErrorKind::InvalidConfig, "/linux/mountLabel: contains a control character");
    return {};
}

/// Whether two ranges of the same length-carrying entries share an id.
bool overlap(std::uint32_t one, std::uint32_t one_size, std::uint32_t two, std::uint32_t two_size) {
    return std::uint64_t{one} < std::uint64_t{two} + two_size &&
           std::uint64_t{two} < std::uint64_t{one} + one_size;
}

bool overlap(const IdMapping& one, const IdMapping& two) {
    return overlap(one.container_id, one.size, two.container_id, two.size) ||
           overlap(one.host_id, one.size, two.host_id, two.size);
}

Result<void> check_id_mapping(const std::vector<IdMapping>& mappings, std::size_t i,
                              std::string_view at) {
    const IdMapping& entry = mappings[i];
    if (entry.size == 0)
        return fail(ErrorKind::InvalidConfig, "{}/{}/size: must be greater than zero", at, i);
    const std::uint64_t first = std::max(entry.container_id, entry.host_id);
    if (first + entry.size > std::uint64_t{largest_id} + 1)
        return fail(ErrorKind::InvalidConfig, "{}/{}: goes beyond the id {}", at, i, largest_id);
    const auto here = mappings.begin() + static_cast<std::ptrdiff_t>(i);
    const auto other = std::find_if(
        mappings.begin(), here, [&](const IdMapping& earlier) { return overlap(earlier, entry); });
    if (other != here)
        return fail(ErrorKind::InvalidConfig, "{}/{}: overlaps entry {}", at, i,
                    other - mappings.begin());
    return {};
}

}  // namespace

void validate_id_mappings(const std::vector<IdMapping>& mappings, std::string_view at,
                          Problems& problems) {
    constexpr std::size_t most_mappings = 340;  // user_namespaces(7)
    if (mappings.size() > most_mappings)
        return problems.add("{}: more than {} entries", at, most_mappings);
    for (std::size_t i = 0; i < mappings.size(); ++i)
        problems.note(check_id_mapping(mappings, i, at));
}

void validate_linux(const Spec& spec, Problems& problems) {
    check_namespaces(spec, problems);
    check_user_namespace(spec, problems);
    check_time_offsets(spec, problems);
    check_devices(spec, problems);
    check_paths(spec, problems);
    problems.note(check_cgroups_path(spec));
    check_sysctl(spec, problems);
    problems.note(check_mount_label(spec));
    validate_resources(spec.linux_section.resources, "/linux/resources", problems);
    if (spec.linux_section.seccomp)
        validate_seccomp(*spec.linux_section.seccomp, "/linux/seccomp", problems);
    validate_platform(spec, problems);
}

}  // namespace oci::spec
