// SPDX-License-Identifier: Apache-2.0
//
// What gc has found, as text for people and as JSON for programs.
#pragma once

#include <string>
#include <vector>

#include "oci-rt/remains.hpp"

namespace oci::cli {

/// A line for each: "removed box: it was never completely created".
[[nodiscard]] std::string remains_text(const std::vector<Remains>& all);

/// An array of {"id", "kind", "removed", "reason"}, on one line.
[[nodiscard]] std::string remains_json(const std::vector<Remains>& all);

}  // namespace oci::cli
