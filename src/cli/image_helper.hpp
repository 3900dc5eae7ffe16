// SPDX-License-Identifier: Apache-2.0
//
// image helper: images are the work of a program of its own, so that the runtime never loads what
// it takes to fetch them.
#pragma once

#include <string>
#include <vector>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"

namespace oci::cli {

/// $OCI_RT_LIBEXEC is its directory, if not the one of the installation.
[[nodiscard]] std::string image_helper_path();

/// Unsupported, with a hint.
[[nodiscard]] Failure<Error> no_image_helper();

/// Goes on as oci-rt-image; returns only if that cannot be. Unsupported if it is not installed.
[[nodiscard]] Result<void> become_image_helper(const std::vector<std::string>& arguments);

}  // namespace oci::cli
