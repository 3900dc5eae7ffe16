// SPDX-License-Identifier: Apache-2.0
//
// world: all networks and leases, as the files and the kernel say, under one lock; and how what
// nobody needs is taken away.
#pragma once

#include <string>
#include <vector>

#include "network/lease.hpp"
#include "network/links.hpp"

namespace oci::network {

struct World {
    Leases files;
    RouteSocket socket;
    std::vector<Network> networks;
    std::vector<Lease> leases;
    std::vector<Device> devices;

    [[nodiscard]] const Network* network(std::string_view name) const noexcept;
    [[nodiscard]] const Device* device(std::string_view name) const noexcept;
    [[nodiscard]] const Lease* lease(const Owner& owner) const noexcept;
};

/// state: the directory of all networks.
[[nodiscard]] Result<World> look(const std::string& state);

/// Its device is gone, as is the case once nobody is in its network namespace, or its runtime does
/// not know it.
[[nodiscard]] bool is_gone(const World& world, const Lease& lease);

/// Device, rules and lease, in this order: a lease that is left is found by the next who looks.
[[nodiscard]] Result<void> release(World& world, const Lease& lease);

/// All that are gone; those that were released.
[[nodiscard]] Result<std::vector<Lease>> reclaim(World& world);

/// Nothing if it had none.
[[nodiscard]] Result<void> detach(World& world, const Owner& owner);

/// Whatever belongs to no container, networks without containers included, and the rules anew.
/// What was removed, a line for each.
[[nodiscard]] Result<std::vector<std::string>> reconcile(World& world);

/// All networks and who is in them, as JSON.
[[nodiscard]] std::string list_text(const World& world);

}  // namespace oci::network
