// SPDX-License-Identifier: Apache-2.0
//
// serve helper: the service is a program of its own, so that the runtime stays small.
#pragma once

#include <string>
#include <vector>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"

namespace oci::cli {

/// Goes on as oci-rt-serve, which is told the path of this program; returns only if that cannot
/// be. $OCI_RT_LIBEXEC is its directory, if not the one of the installation. Unsupported if it is
/// not installed.
[[nodiscard]] Result<void> become_serve_helper(const std::vector<std::string>& arguments);

}  // namespace oci::cli
