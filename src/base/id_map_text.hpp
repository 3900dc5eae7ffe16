// SPDX-License-Identifier: Apache-2.0
//
// id map text: mappings as the kernel reads them in uid_map and gid_map
// (user_namespaces(7)).
#pragma once

#include <string>
#include <vector>

#include "oci-rt/spec.hpp"

namespace oci {

/// A line "container host size" for each.
[[nodiscard]] std::string id_map_text(const std::vector<IdMapping>& mappings);

/// Whether the kernel takes so many and so large numbers: a map is written at once, and must be
/// shorter than a page.
[[nodiscard]] bool fits_id_map(const std::vector<IdMapping>& mappings);

}  // namespace oci
