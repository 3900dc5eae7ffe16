// SPDX-License-Identifier: Apache-2.0
//
// libexec program: the programs that only oci-rt starts, and where it is itself.
#pragma once

#include <string>
#include <string_view>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"

namespace oci::cli {

/// In $OCI_RT_LIBEXEC, if that is set, else in the directory of the installation.
[[nodiscard]] std::string libexec_program(std::string_view name);

/// The file that this program was started from. Unsupported where it runs from a sealed copy.
[[nodiscard]] Result<std::string> own_program();

}  // namespace oci::cli
