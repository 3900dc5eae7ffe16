// SPDX-License-Identifier: Apache-2.0
//
// What the options of update say, as written, and what they mean.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/option.hpp"
#include "oci-rt/error.hpp"
#include "oci-rt/options.hpp"
#include "oci-rt/result.hpp"

namespace oci::cli {

using Flag = std::optional<std::string>;

struct UpdateFlags {
    std::string resources;
    Flag memory;
    Flag memory_reservation;
    Flag memory_swap;
    Flag memory_high;
    Flag kernel_memory;
    Flag kernel_memory_tcp;
    Flag cpu_period;
    Flag cpu_quota;
    Flag cpu_burst;
    Flag cpu_share;
    Flag cpu_weight;
    Flag cpu_idle;
    Flag cpu_realtime_period;
    Flag cpu_realtime_runtime;
    Flag cpuset_cpus;
    Flag cpuset_mems;
    Flag blkio_weight;
    Flag pids_limit;
    std::vector<std::string> io_max;
    std::vector<std::string> unified;
    std::string l3_cache_schema;
    std::string mem_bw_schema;
};

void describe_update_flags(OptionTable& table, UpdateFlags& flags);

/// InvalidConfig for a value that is none; the message names the option.
Result<UpdateOptions> meaning_of(const UpdateFlags& flags);

/// The same error with options in place of the JSON pointers that they stand for, and with
/// pointers into the file of resources in place of those into config.json.
[[nodiscard]] Error in_words_of(const UpdateFlags& flags, Error error);

}  // namespace oci::cli
