// SPDX-License-Identifier: Apache-2.0
//
// What --help prints, made from the tables of options and verbs.
#pragma once

#include <string>

#include "cli/verbs.hpp"

namespace oci::cli {

/// The verbs and the global options.
[[nodiscard]] std::string help_text();

/// One verb: usage, options, an example.
[[nodiscard]] std::string help_text(const Verb& verb);

/// The codes that errors bear.
[[nodiscard]] std::string help_on_errors();

}  // namespace oci::cli
