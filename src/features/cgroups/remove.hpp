// SPDX-License-Identifier: Apache-2.0
//
// Removing a cgroup with a connection that there is already.
#pragma once

#include "features/cgroups/cgroups.hpp"

namespace oci::cgroups {

/// As remove() of the room. manager: of the unit; null: a connection is made if there is need.
Result<void> remove(const Location& location, systemd::Manager* manager);

}  // namespace oci::cgroups
