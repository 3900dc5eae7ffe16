// SPDX-License-Identifier: Apache-2.0
//
// ground: the network that a container is to be in: its bridge, its addresses, its rules.
#pragma once

#include <optional>
#include <string>

#include "network/world.hpp"

namespace oci::network {

/// What was asked for; what is absent is as it is already, or the default.
struct NetworkRequest {
    std::string name = "ocirt0";
    std::optional<Subnet> v4{};  ///< With the address of the bridge.
    std::optional<Subnet> v6{};
    std::uint32_t mtu = 0;
};

/// The network as it is, or would be. Changes nothing. InvalidConfig says what is in the way.
[[nodiscard]] Result<Network> plan_network(World& world, const NetworkRequest& request);

/// Makes what is missing of it. Nothing stays where that fails.
[[nodiscard]] Result<void> make_network(World& world, const Network& network, std::uint32_t mtu);

}  // namespace oci::network
