// SPDX-License-Identifier: Apache-2.0
//
// stats: the files in which a cgroup tells what it uses, as values. What is
// not there (no such controller, an older kernel) is absent, and no error.
#pragma once

#include <optional>
#include <string_view>

#include "features/cgroups/location.hpp"
#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/stats.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::cgroups {

/// WrongStatus for a container without a cgroup of its own.
Result<Stats> read_stats(const Location& location);

[[nodiscard]] Stats read_stats(FdView cgroup);

/// memory.events, oom_kill; absent without the memory controller, or if the cgroup is gone.
[[nodiscard]] Amount oom_kills(const Location& location);
[[nodiscard]] Amount memory_limit(const Location& location);

/// The number behind a word, "oom_kill 3".
[[nodiscard]] Amount number_behind(std::string_view text, std::string_view word);

/// The text of a file like memory.pressure.
[[nodiscard]] std::optional<PressureStats> parse_pressure(std::string_view text);

}  // namespace oci::cgroups
