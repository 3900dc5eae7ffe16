// SPDX-License-Identifier: Apache-2.0
//
// Completion scripts for shells, made from the tables of options and verbs.
#pragma once

#include <string>
#include <string_view>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"

namespace oci::cli {

/// shell: bash, zsh or fish.
Result<std::string> completion_script(std::string_view shell);

}  // namespace oci::cli
