// SPDX-License-Identifier: Apache-2.0
//
// attach: a container gets its device, its address, its way out and its published ports.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "network/ground.hpp"

namespace oci::network {

struct AttachRequest {
    Owner owner{};
    NetworkRequest network{};
    std::optional<Address> address{};  ///< None: the next that is free.
    std::vector<Publication> ports{};
    std::string hosts{};  ///< A file that gets the container's name; empty: none.
    std::string hostname{};
};

/// Whether attach() could do it now. Changes nothing but what belongs to nobody. Warnings are what
/// may keep the network from working although it is there.
[[nodiscard]] Result<std::vector<std::string>> check(World& world, const AttachRequest& request);

/// pid: a process in the container's network namespace. Once more for the same container: nothing
/// is done. After an error nothing stays.
[[nodiscard]] Result<Lease> attach(World& world, const AttachRequest& request, pid_t pid);

}  // namespace oci::network
