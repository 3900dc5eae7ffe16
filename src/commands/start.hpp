// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "commands/container.hpp"

namespace oci::commands {

/// Lets a created container go, and runs its poststart hooks.
Result<void> start(Container& container);

}  // namespace oci::commands
