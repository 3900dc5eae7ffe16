// SPDX-License-Identifier: Apache-2.0
//
// sealed self: run from a copy of our own binary that nobody can write to, so
// that a container which gets hold of /proc/PID/exe of a process that enters
// it holds nothing of the host (CVE-2019-5736).
#pragma once

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"

namespace oci::host {

/// Returns if the running binary is sealed already; else executes the sealed
/// copy with the same arguments and environment and does not return, or fails.
Result<void> ensure_sealed(char** argv);

}  // namespace oci::host
