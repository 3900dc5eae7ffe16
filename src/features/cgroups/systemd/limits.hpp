// SPDX-License-Identifier: Apache-2.0
//
// Limits told to systemd, too: when it writes a unit's cgroup anew, say after
// daemon-reload, it then writes what is there already.
#pragma once

#include <string_view>
#include <vector>

#include "features/cgroups/device_table.hpp"
#include "features/cgroups/systemd/value.hpp"
#include "features/cgroups/writes.hpp"

namespace oci::cgroups::systemd {

/// The properties that mean the same as these writes to a systemd of this version. What has no
/// property, or none yet in this version, is written to the cgroup alone.
[[nodiscard]] Properties properties_of(const Writes& writes, unsigned version);

/// The writes less those of files whose property is in the list: somebody has set it.
[[nodiscard]] Writes without_files_of(const Properties& properties, const Writes& writes);

/// Everything that the rules allow, and what they deny in part: exactly the rules has the device
/// program of the cgroup, and both count. allows_all: devices are not restricted.
[[nodiscard]] Properties device_properties(const std::vector<DeviceAccess>& rules, bool allows_all,
                                           unsigned version);

}  // namespace oci::cgroups::systemd
