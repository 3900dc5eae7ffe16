// SPDX-License-Identifier: Apache-2.0
//
// host: what of the machine has to be so that a network of containers works, and what of it is in
// the way.
#pragma once

#include <string>
#include <vector>

#include "network/lease.hpp"
#include "network/links.hpp"
#include "network/nftables.hpp"

namespace oci::network {

/// Packets pass from one device to another. What is so already is left alone.
[[nodiscard]] Result<void> forward_packets(bool of_v6);

/// Connections from 127.0.0.1 of the host may get to this bridge.
[[nodiscard]] Result<void> route_loopback(const std::string& bridge);

[[nodiscard]] bool has_v6();

/// Of this machine, for what shall always be the same on it: /etc/machine-id, or nothing.
[[nodiscard]] std::string machine_id();

/// InvalidConfig if the host's own routes or addresses have a part of it. bridge: 0, or the device
/// that may have it.
[[nodiscard]] Result<void> check_subnet(const Subnet& subnet, const std::vector<Route>& routes,
                                        const std::vector<DeviceAddress>& addresses,
                                        const std::vector<Device>& devices, int bridge);

/// Of the device that the default route leads to.
[[nodiscard]] std::uint32_t usual_mtu(const std::vector<Route>& routes,
                                      const std::vector<Device>& devices) noexcept;

/// Somebody else's rules that drop what containers send, each with the command that lets it pass.
[[nodiscard]] std::vector<std::string> foreign_firewalls(const std::string& bridge,
                                                         const std::vector<ForwardChain>& chains,
                                                         bool has_docker_user);

/// AlreadyExists if a program of the host listens there.
[[nodiscard]] Result<void> check_port(const Publication& publication);
/// One that nobody has; 0: there is none. taken: of containers.
[[nodiscard]] std::uint16_t free_port(const Publication& publication,
                                      const std::vector<Publication>& taken);

}  // namespace oci::network
