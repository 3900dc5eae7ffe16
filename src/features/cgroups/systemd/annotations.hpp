// SPDX-License-Identifier: Apache-2.0
//
// Annotations "org.systemd.property.NAME": properties of the unit that whoever
// wrote config.json sets; they count more than ours.
#pragma once

#include <map>
#include <string>

#include "features/cgroups/systemd/value.hpp"
#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"

namespace oci::cgroups::systemd {

inline constexpr std::string_view annotation_prefix = "org.systemd.property.";

/// Values are in GVariant's text form; seconds ("TimeoutStopSec") become microseconds
/// ("TimeoutStopUSec"), as the manager counts. InvalidConfig names the annotation.
Result<Properties> properties_of(const std::map<std::string, std::string>& annotations);

}  // namespace oci::cgroups::systemd
