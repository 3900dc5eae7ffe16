// SPDX-License-Identifier: Apache-2.0
//
// output: the files that the annotations run.oci.hooks.stdout and
// run.oci.hooks.stderr name for what hooks write.
#pragma once

#include <map>
#include <string>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::hooks {

/// Absolute paths; empty: none.
struct OutputPaths {
    std::string out;
    std::string errors;
};

/// Open for appending, for as long as hooks run; none where there is no path.
struct OutputFiles {
    UniqueFd out;
    UniqueFd errors;
};

/// InvalidConfig if a path is not absolute.
Result<OutputPaths> output_paths(const std::map<std::string, std::string>& annotations);

/// Makes what is not there. A symlink, and all but regular files and /dev/null, are refused.
Result<OutputFiles> open_output(const OutputPaths& paths);

/// Of a container that stands: its annotations were checked when it was created.
Result<OutputFiles> open_output(const std::map<std::string, std::string>& annotations);

}  // namespace oci::hooks
