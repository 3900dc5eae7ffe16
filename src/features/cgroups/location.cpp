// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/location.hpp"

#include <fcntl.h>

#include <algorithm>

#include "base/explain.hpp"
#include "base/path.hpp"
#include "base/text.hpp"
#include "kernel/files.hpp"
#include "kernel/path_in_root.hpp"

namespace oci::cgroups {
namespace {

bool is_control(char byte) noexcept {
    const auto value = static_cast<unsigned char>(byte);
    return value < 0x20 || value == 0x7f;
}

/// Why a text cannot name a cgroup; empty: it can.
std::string_view flaw_in(std::string_view text) {
    if (std::ranges::any_of(text, is_control)) return "a control character";
    const auto parts = split(text, '/');
    if (std::ranges::find(parts, "..") != parts.end()) return "\"..\"";
    return {};
}

}  // namespace

std::string display(const Location& location) { return location.mount_point + location.path; }

Result<std::string> parse_cgroups_path(std::string_view text) {
    if (const std::string_view flaw = flaw_in(text); !flaw.empty())
        return fail(ErrorKind::InvalidConfig, "/linux/cgroupsPath: {} in \"{}\"", flaw,
                    escape_for_display(text));
    std::string path = clean_path(text);
    if (path == "/")
        return fail(ErrorKind::InvalidConfig,
                    "/linux/cgroupsPath: \"{}\" names no cgroup below "
                    "the root of all cgroups",
                    text);
    return path;
}

Result<std::string> parse_sub_cgroup(std::string_view text) {
    if (const std::string_view flaw = flaw_in(text); !flaw.empty())
        return fail(ErrorKind::InvalidConfig, "bad sub cgroup path: {} in \"{}\"", flaw,
                    escape_for_display(text));
    if (text.starts_with('/'))
        return fail(ErrorKind::InvalidConfig,
                    "bad sub cgroup path: \"{}\" is not relative to the container's cgroup", text);
    std::string path = clean_path(text).substr(1);
    if (path.empty()) path = ".";
    return path;
}

kernel::SysResult<UniqueFd> open_mount_point(const Location& location) noexcept {
    return kernel::open_at(kernel::here, location.mount_point.c_str(), O_PATH | O_DIRECTORY);
}

kernel::SysResult<UniqueFd> open_cgroup(FdView mount_point, std::string_view path) {
    const std::string relative = "." + std::string{path};
    return kernel::open_beneath(mount_point, relative.c_str(), O_RDONLY | O_DIRECTORY);
}

kernel::SysResult<UniqueFd> open_existing(const Location& location) {
    const UniqueFd mount_point = OCI_TRY(open_mount_point(location));
    return open_cgroup(mount_point, location.path);
}

}  // namespace oci::cgroups
