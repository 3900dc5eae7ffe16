// SPDX-License-Identifier: Apache-2.0
//
// program version: where a program is, and what it says that it is.
#pragma once

#include <string>
#include <string_view>

#include "oci-rt/info.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::host {

/// The first word of a text that looks like a version: "Version: 3.17.1\n…" has "3.17.1".
[[nodiscard]] std::string version_in(std::string_view text);

/// Runs it with --version, for a second at most, if it is found.
[[nodiscard]] ProgramInfo survey_program(FdView root, std::string_view name);

}  // namespace oci::host
