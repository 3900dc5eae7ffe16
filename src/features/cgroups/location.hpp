// SPDX-License-Identifier: Apache-2.0
//
// Where a container's cgroup is. This is remembered between two commands.
#pragma once

#include <string>
#include <string_view>

#include "oci-rt/result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::cgroups {

struct Location {
    std::string mount_point;  ///< Of cgroup2; empty: the container has no cgroup of its own.
    std::string path;         ///< Absolute below it: "/docker/ID".
    int made_ancestors = 0;   ///< So many parents are ours, to be removed when empty.
};

[[nodiscard]] inline bool exists(const Location& location) noexcept {
    return !location.mount_point.empty();
}

/// For messages: the mount point and the path.
[[nodiscard]] std::string display(const Location& location);

/// What cgroupsPath means: absolute and clean. InvalidConfig for "..", for control
/// characters, and for the root cgroup itself. The path is otherwise literal.
Result<std::string> parse_cgroups_path(std::string_view text);

/// The directory of the cgroup, open for reading; -1 if it is gone.
Result<UniqueFd> open_existing(const Location& location);

}  // namespace oci::cgroups
