// SPDX-License-Identifier: Apache-2.0
//
// What cgroupsPath means to systemd: "slice:prefix:name" names a unit, and
// slices have their place in their name.
#pragma once

#include <string>
#include <string_view>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"

namespace oci::cgroups::systemd {

struct UnitName {
    std::string slice;  ///< "system.slice"
    std::string unit;   ///< "prefix-name.scope", or a slice of its own.

    bool operator==(const UnitName&) const = default;
};

[[nodiscard]] inline bool is_slice(std::string_view unit) noexcept {
    return unit.ends_with(".slice");
}

/// InvalidConfig unless there are exactly three parts that can be names of units. Bytes that
/// systemd does not take in names are escaped. default_slice: for an empty first part.
Result<UnitName> parse_unit_path(std::string_view cgroups_path, std::string_view default_slice);

/// Where a unit is below its manager's cgroup: "a-b.slice" is "/a.slice/a-b.slice".
[[nodiscard]] std::string cgroup_of_slice(std::string_view slice);
[[nodiscard]] std::string cgroup_of(const UnitName& name);

}  // namespace oci::cgroups::systemd
