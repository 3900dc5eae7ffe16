// SPDX-License-Identifier: Apache-2.0
//
// The text of resctrl's schemata files: "L3:0=7ff;1=ff", "MB:0=50".
#pragma once

#include <string>
#include <string_view>

namespace oci::intel_rdt {

/// l3CacheSchema and memBwSchema as one text. Given both, lines "MB:" of the former give way.
[[nodiscard]] std::string combined(std::string_view l3_cache, std::string_view memory_bandwidth);

/// Whether a class that shows `present` gives all that `wanted` asks for. step: to multiples of
/// it the kernel rounds memory bandwidth up (bandwidth_gran); 0 or 1: it does not.
[[nodiscard]] bool agrees(std::string_view present, std::string_view wanted, unsigned step);

}  // namespace oci::intel_rdt
