// SPDX-License-Identifier: Apache-2.0
//
// membership: the text of /proc/PID/cgroup, line by line (cgroups(7)).
#pragma once

#include <string_view>
#include <vector>

namespace oci {

/// What the text says of cgroup v2: "/user.slice"; a view into the text. Empty: nothing, as where
/// only cgroup v1 is mounted.
[[nodiscard]] std::string_view cgroup_in(std::string_view membership);

/// The controllers that cgroup v1 has, in the order of the text, without named hierarchies.
[[nodiscard]] std::vector<std::string_view> legacy_controllers_in(std::string_view membership);

}  // namespace oci
