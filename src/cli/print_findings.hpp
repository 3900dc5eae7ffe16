// SPDX-License-Identifier: Apache-2.0
//
// Findings as text for people, and as JSON for programs.
#pragma once

#include <string>
#include <vector>

#include "base/json_writer.hpp"
#include "oci-rt/finding.hpp"

namespace oci::cli {

/// One line each, its hint on one more, and the sum at the end.
[[nodiscard]] std::string findings_text(const std::vector<Finding>& findings);

/// {"valid", "errors", "warnings", "findings": […]}, indented.
[[nodiscard]] std::string findings_json(const std::vector<Finding>& findings);

/// The array of findings, as a part of a larger document.
void write_findings(JsonWriter& json, const std::vector<Finding>& findings);

}  // namespace oci::cli
