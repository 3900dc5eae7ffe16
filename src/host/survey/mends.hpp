// SPDX-License-Identifier: Apache-2.0
//
// mends: commands, spelled as the distribution of the host spells them.
#pragma once

#include <string>
#include <string_view>

#include "oci-rt/info.hpp"

namespace oci::host {

/// newuidmap and newgidmap.
[[nodiscard]] std::string install_id_map_helpers(const HostInfo& host);

/// Boots with a parameter of the kernel's command line: "name=value". One of that name
/// with another value is replaced.
[[nodiscard]] std::string boot_with(const HostInfo& host, std::string_view parameter);

[[nodiscard]] std::string install_newer_kernel(const HostInfo& host);

}  // namespace oci::host
