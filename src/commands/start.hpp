// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "commands/container.hpp"
#include "engine/notify_proxy.hpp"

namespace oci::commands {

/// Lets a created container go, and runs its poststart hooks. The proxy holds
/// what the container has to tell the service manager; its lock is free again.
Result<engine::NotifyProxy> start(const Settings& settings, const ContainerId& id);

}  // namespace oci::commands
