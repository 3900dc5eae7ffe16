// SPDX-License-Identifier: Apache-2.0
//
// removal: how a container goes, whatever state it is in.
#pragma once

#include "commands/container.hpp"
#include "container/record.hpp"
#include "container/store.hpp"

namespace oci::commands {

/// What was noted before anything was made; where that cannot be read, the config says where the
/// processes are. NotFound: nothing was made outside the state directory.
Result<container::Recovery> recovery_of(const Settings& settings,
                                        const container::StateDirectory& directory);

/// What a command left that was killed half-way, or whose state file is damaged. The caller holds
/// the lock.
Result<void> clean_up_remains(const Settings& settings, container::StateDirectory& directory);

/// A container with a record: its processes end. The caller holds the lock.
Result<void> remove_known(Container& container);

}  // namespace oci::commands
