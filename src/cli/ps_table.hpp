// SPDX-License-Identifier: Apache-2.0
//
// The processes of a container: what ps(1) of the host says of them, and what we say.
#pragma once

#include <sys/types.h>

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "oci-rt/error.hpp"
#include "oci-rt/process_info.hpp"
#include "oci-rt/result.hpp"

namespace oci::cli {

/// Runs ps with these arguments (-ef if there are none). nullopt: this host has no ps.
Result<std::optional<std::string>> ps_table(const std::vector<pid_t>& pids,
                                            std::span<const std::string> arguments);

[[nodiscard]] std::string wide_table(const std::vector<ProcessInfo>& processes);
[[nodiscard]] std::string wide_json(const std::vector<ProcessInfo>& processes);

}  // namespace oci::cli
