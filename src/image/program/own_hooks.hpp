// SPDX-License-Identifier: Apache-2.0
//
// own hooks: those of a config.json that call programs of ours.
#pragma once

#include <string>
#include <vector>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"

namespace oci::image::program {

/// Where this program is.
[[nodiscard]] Result<std::string> own_program();

/// A hook as a JSON object; words: the program, and its arguments.
[[nodiscard]] std::string hook_text(const std::vector<std::string>& words);

}  // namespace oci::image::program
