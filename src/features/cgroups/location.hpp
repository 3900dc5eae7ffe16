// SPDX-License-Identifier: Apache-2.0
//
// Where a container's cgroup is. This is remembered between two commands.
#pragma once

#include <string>
#include <string_view>

#include "kernel/sys_result.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::cgroups {

struct Location {
    std::string mount_point;  ///< Of cgroup2; empty: the container has no cgroup of its own.
    std::string path;         ///< Absolute below it: "/docker/ID".
    int made_ancestors = 0;   ///< So many parents are ours, to be removed when empty.
    std::string unit{};       ///< Of systemd, whose cgroup this is. Empty: it is none of systemd's.
    bool is_of_user = false;  ///< The unit is one of the user's own systemd.
};

[[nodiscard]] inline bool exists(const Location& location) noexcept {
    return !location.mount_point.empty();
}

/// For messages: the mount point and the path.
[[nodiscard]] std::string display(const Location& location);

/// What cgroupsPath means: absolute and clean. InvalidConfig for "..", for control
/// characters, and for the root cgroup itself. The path is otherwise literal.
Result<std::string> parse_cgroups_path(std::string_view text);

/// What a sub-cgroup of exec means: clean and relative, "." for the container's own.
Result<std::string> parse_sub_cgroup(std::string_view text);

kernel::SysResult<UniqueFd> open_mount_point(const Location& location) noexcept;

/// The directory at a clean absolute path below a mount point's descriptor, open for reading.
kernel::SysResult<UniqueFd> open_cgroup(FdView mount_point, std::string_view path);

/// The directory of the container's cgroup.
kernel::SysResult<UniqueFd> open_existing(const Location& location);

/// Whether this is how a cgroup answers that has been removed.
[[nodiscard]] inline bool is_gone(const kernel::SysError& error) noexcept {
    return error.code == ENOENT || error.code == ENODEV;
}

}  // namespace oci::cgroups
