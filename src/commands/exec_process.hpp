// SPDX-License-Identifier: Apache-2.0
//
// exec_process: what a further process of a container is like, from the
// container's own process, the process file or the options.
#pragma once

#include "oci-rt/error.hpp"
#include "oci-rt/options.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/spec.hpp"

namespace oci::commands {

/// spec: of the container, from its own copy of config.json.
Result<Process> exec_process(const Spec& spec, const ExecOptions& options);

/// "UID[:GID]", decimal numbers up to 4294967294, never a name (CVE-2026-30892).
Result<User> parse_user(const std::string& text, const User& container);

}  // namespace oci::commands
