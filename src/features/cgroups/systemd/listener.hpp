// SPDX-License-Identifier: Apache-2.0
//
// Whom properties are for: what may be said depends on it.
#pragma once

namespace oci::cgroups::systemd {

struct Listener {
    unsigned version = 0;  ///< Of systemd.
    bool is_slice = false;
    bool is_running = false;  ///< The unit is there already: some properties are settled.
};

}  // namespace oci::cgroups::systemd
