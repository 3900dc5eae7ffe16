// SPDX-License-Identifier: Apache-2.0
//
// What ps(1) of the host says about the processes of a container.
#pragma once

#include <sys/types.h>

#include <span>
#include <string>
#include <vector>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"

namespace oci::cli {

/// Runs ps with these arguments (-ef if there are none). Where there is no ps,
/// a table of pid, pid inside the container, and command.
Result<std::string> ps_table(const std::vector<pid_t>& pids,
                             std::span<const std::string> arguments);

}  // namespace oci::cli
