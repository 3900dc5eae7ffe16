// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/systemd/unit_name.hpp"

#include "base/explain.hpp"
#include "base/text.hpp"

namespace oci::cgroups::systemd {
namespace {

constexpr std::string_view slice_end = ".slice";
constexpr std::string_view root_slice = "-.slice";
constexpr std::size_t longest_name = 255;
constexpr std::string_view allowed =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-_.\\@";

Failure<Error> wrong(std::string_view path, std::string_view why) {
    return fail(ErrorKind::InvalidConfig, "/linux/cgroupsPath: \"{}\": {}",
                escape_for_display(path), why);
}

/// As systemd-escape(1) does; "-" stays, because engines count on it.
std::string escape(std::string_view text) {
    std::string escaped;
    for (const char byte : text)
        if (allowed.find(byte) == std::string_view::npos)
            escaped += fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
        else
            escaped += byte;
    return escaped;
}

/// Whether every dash has something on both sides: each of them is a level.
bool is_slice_name(std::string_view slice) {
    if (slice == root_slice) return true;
    if (!is_slice(slice) || slice.size() == slice_end.size()) return false;
    if (slice.find_first_not_of(allowed) != std::string_view::npos) return false;
    slice.remove_suffix(slice_end.size());
    for (const std::string_view level : split(slice, '-'))
        if (level.empty()) return false;
    return true;
}

}  // namespace

Result<UnitName> parse_unit_path(std::string_view cgroups_path, std::string_view default_slice) {
    const auto parts = split(cgroups_path, ':');
    if (parts.size() != 3 || parts[2].empty())
        return wrong(cgroups_path, "for systemd it has to be \"slice:prefix:name\"");
    if (cgroups_path.find('/') != std::string_view::npos)
        return wrong(cgroups_path, "there is no \"/\" in names of systemd's units");
    UnitName name;
    name.slice = parts[0].empty() ? default_slice : parts[0];
    if (!is_slice_name(name.slice))
        return wrong(cgroups_path, "the first part is no name like \"machine-web.slice\"");
    if (is_slice(parts[2])) {
        name.unit = parts[2];
        if (!is_slice_name(name.unit) || name.unit == root_slice)
            return wrong(cgroups_path, "the last part is no name like \"machine-web.slice\"");
    } else {
        const std::string prefix = parts[1].empty() ? "" : escape(parts[1]) + "-";
        name.unit = prefix + escape(parts[2]) + ".scope";
    }
    if (name.unit.size() > longest_name || name.slice.size() > longest_name)
        return wrong(cgroups_path, "names of systemd's units have 255 bytes at most");
    return name;
}

std::string cgroup_of_slice(std::string_view slice) {
    if (slice == root_slice) return {};
    slice.remove_suffix(slice_end.size());
    std::string path;
    for (std::size_t dash = slice.find('-');; dash = slice.find('-', dash + 1)) {
        path += "/" + std::string{slice.substr(0, dash)} + std::string{slice_end};
        if (dash == std::string_view::npos) return path;
    }
}

std::string cgroup_of(const UnitName& name) {
    if (is_slice(name.unit)) return cgroup_of_slice(name.unit);
    return cgroup_of_slice(name.slice) + "/" + name.unit;
}

}  // namespace oci::cgroups::systemd
