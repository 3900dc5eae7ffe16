// SPDX-License-Identifier: Apache-2.0
//
// Values in the text form of GVariant, as annotations have them: 'text', true,
// uint64 5, ['a', 'b'], @as [], (1, 'x').
#pragma once

#include <string_view>

#include "features/cgroups/systemd/value.hpp"
#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"

namespace oci::cgroups::systemd {

/// The whole text as one value. A number without a type is an int32, or a double if it has a
/// point or an exponent. InvalidConfig says at which byte it went wrong.
Result<Value> parse_value(std::string_view text);

}  // namespace oci::cgroups::systemd
