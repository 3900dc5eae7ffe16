// SPDX-License-Identifier: Apache-2.0
//
// Device rules told to systemd, too: its own program for the cgroup counts beside ours.
#pragma once

#include <vector>

#include "features/cgroups/device_table.hpp"
#include "features/cgroups/systemd/listener.hpp"
#include "features/cgroups/systemd/value.hpp"

namespace oci::cgroups::systemd {

/// Everything that the rules allow, and what they deny in part: exactly the rules has the device
/// program of the cgroup, and both count. allows_all: devices are not restricted.
[[nodiscard]] Properties device_properties(const std::vector<DeviceAccess>& rules, bool allows_all,
                                           const Listener& listener);

}  // namespace oci::cgroups::systemd
