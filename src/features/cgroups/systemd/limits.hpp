// SPDX-License-Identifier: Apache-2.0
//
// Limits told to systemd, too: when it writes a unit's cgroup anew, say after
// daemon-reload, it then writes what is there already.
#pragma once

#include <string_view>
#include <vector>

#include "features/cgroups/systemd/listener.hpp"
#include "features/cgroups/systemd/value.hpp"
#include "features/cgroups/writes.hpp"

namespace oci::cgroups::systemd {

/// The properties that mean the same as these writes. What has no property, or none yet in this
/// version, is written to the cgroup alone.
[[nodiscard]] Properties properties_of(const Writes& writes, const Listener& listener);

/// Whether a limit of processes leaves so few that init could not be made beside an anchor.
[[nodiscard]] bool is_narrow(const Write& write);

/// The writes less those of files whose property is in the list: somebody has set it.
[[nodiscard]] Writes without_files_of(const Properties& properties, const Writes& writes);

}  // namespace oci::cgroups::systemd
