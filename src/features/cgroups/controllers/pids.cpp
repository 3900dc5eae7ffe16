// SPDX-License-Identifier: Apache-2.0
#include <cstdint>

#include "features/cgroups/controllers/controllers.hpp"

namespace oci::cgroups::pids {

Result<void> plan(const Resources& resources, Writes& writes) {
    if (!resources.pids_limit) return {};
    const std::int64_t limit = *resources.pids_limit;
    writes.push_back({.property = "/linux/resources/pids/limit",
                      .controller = "pids",
                      .file = "pids.max",
                      .value = limit < 0 ? "max" : std::to_string(limit),
                      .is_default = limit < 0});
    return {};
}

}  // namespace oci::cgroups::pids
