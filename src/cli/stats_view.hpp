// SPDX-License-Identifier: Apache-2.0
//
// stats: what containers use, side by side, again and again.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "oci-rt/runtime.hpp"

namespace oci::cli {

struct StatsFlags {
    bool json = false;
    bool no_stream = false;
};

/// One container in one round.
struct StatsRow {
    std::string id;
    Stats stats;
    std::optional<double> cpu_percent;  ///< Of one processor, since the round before.
};

[[nodiscard]] std::string stats_table(const std::vector<StatsRow>& rows);

/// A line for each.
[[nodiscard]] std::string stats_lines(const std::vector<StatsRow>& rows);

/// ids: empty: all that run. Writes to standard output until nothing named is left, or for ever.
Result<void> show_stats(const Runtime& runtime, const std::vector<ContainerId>& ids,
                        const StatsFlags& flags);

}  // namespace oci::cli
