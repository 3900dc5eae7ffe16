// SPDX-License-Identifier: Apache-2.0
//
// Answers as text. Each function yields all that goes to standard output.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oci-rt/features.hpp"
#include "oci-rt/state.hpp"

namespace oci::cli {

[[nodiscard]] std::string state_json(const State& state);

/// One line; `null` if there are none, as runc says it.
[[nodiscard]] std::string list_json(const std::vector<State>& states);
[[nodiscard]] std::string list_table(const std::vector<State>& states);
[[nodiscard]] std::string list_ids(const std::vector<State>& states);

[[nodiscard]] std::string pids_json(const std::vector<pid_t>& pids);

/// The header of what ps(1) printed and the lines of these processes; nullopt
/// if it has no column PID.
[[nodiscard]] std::optional<std::string> filter_ps(std::string_view printed,
                                                   const std::vector<pid_t>& pids);

[[nodiscard]] std::string features_json(const Features& features);

[[nodiscard]] std::string version_text(const Features& features);

}  // namespace oci::cli
