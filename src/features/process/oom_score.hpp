// SPDX-License-Identifier: Apache-2.0
//
// process.oomScoreAdj: how early the kernel kills the payload when memory runs out.
#pragma once

#include <sys/types.h>

#include <optional>

#include "host/facts.hpp"
#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"

namespace oci::oom_score {

/// Parent. Absent: unchanged. Without privilege a refusal is a warning.
Result<void> prepare_child(std::optional<int> score, pid_t pid, const host::Facts& facts);

}  // namespace oci::oom_score
