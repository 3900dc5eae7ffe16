// SPDX-License-Identifier: Apache-2.0
//
// Events and statistics as JSON, named and counted as runc does it: programs
// read them by the names that cgroup v1 had.
#pragma once

#include <string>
#include <string_view>

#include "base/json_writer.hpp"
#include "oci-rt/event.hpp"
#include "oci-rt/stats.hpp"

namespace oci::cli {

/// One line with its end.
[[nodiscard]] std::string event_json(const Event& event);

[[nodiscard]] std::string_view name_of(EventKind kind) noexcept;

/// An object.
void write_stats(JsonWriter& json, const Stats& stats);

}  // namespace oci::cli
