// SPDX-License-Identifier: Apache-2.0
//
// names: the help for a word that is none of those the specification knows.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace oci::spec {

/// The known name that is at most two letters away; empty if none is.
[[nodiscard]] std::string nearest_name(std::string_view name,
                                       const std::vector<std::string_view>& known);

/// `unknown value "netwrk" (did you mean "network"?)`, or the list of the
/// known words if none is close.
[[nodiscard]] std::string unknown_name(std::string_view name,
                                       const std::vector<std::string_view>& known);

}  // namespace oci::spec
