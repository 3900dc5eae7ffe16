// SPDX-License-Identifier: Apache-2.0
//
// links: bridges, pairs of devices, addresses and routes, by rtnetlink.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "kernel/netlink.hpp"
#include "network/address.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::network {

using kernel::NetlinkResult;
using kernel::RouteSocket;
using HardwareAddress = std::array<std::uint8_t, 6>;

struct Device {
    int index = 0;
    std::string name{};
    std::string kind{};  ///< "bridge", "veth"; empty: of no kind that can be made
    int master = 0;      ///< Index of the bridge that it is a port of.
    int peer = 0;        ///< Index of the other end, where that is.
    std::uint32_t mtu = 0;
};

/// Nothing if there is none of that name.
[[nodiscard]] NetlinkResult<std::optional<Device>> find_device(RouteSocket& socket,
                                                               const std::string& name);
[[nodiscard]] NetlinkResult<std::vector<Device>> devices_of(RouteSocket& socket);

/// The same for the same address: who has a remembered one finds the next of that address, too.
[[nodiscard]] HardwareAddress hardware_address(const Address& v4) noexcept;

[[nodiscard]] NetlinkResult<void> make_bridge(RouteSocket& socket, const std::string& name,
                                              const HardwareAddress& address, std::uint32_t mtu);

/// Two ends: one here, a port of the bridge, and one that is born in the other namespace.
struct PairRequest {
    std::string name{};
    int bridge = 0;
    std::string peer{};
    FdView there;
    HardwareAddress peer_address{};
    std::uint32_t mtu = 0;
};
[[nodiscard]] NetlinkResult<void> make_pair(RouteSocket& socket, const PairRequest& request);

/// A container may reach itself by way of the bridge; people see whose port it is.
[[nodiscard]] NetlinkResult<void> describe_port(RouteSocket& socket, const std::string& name,
                                                std::string_view whose);

[[nodiscard]] NetlinkResult<void> make_port(RouteSocket& socket, int index, int bridge);
[[nodiscard]] NetlinkResult<void> set_up(RouteSocket& socket, int index);
[[nodiscard]] NetlinkResult<void> remove_device(RouteSocket& socket, int index);

/// EEXIST where it is there already is no error.
[[nodiscard]] NetlinkResult<void> add_address(RouteSocket& socket, int index, const Subnet& subnet);
[[nodiscard]] NetlinkResult<void> add_default_route(RouteSocket& socket, int index,
                                                    const Address& gateway);

/// Where the kernel sends what lies in it; by which device. Of the main table.
struct Route {
    Subnet to{};
    int device = 0;
};
[[nodiscard]] NetlinkResult<std::vector<Route>> routes(RouteSocket& socket);

struct DeviceAddress {
    Subnet subnet{};
    int device = 0;
};
[[nodiscard]] NetlinkResult<std::vector<DeviceAddress>> addresses(RouteSocket& socket);

}  // namespace oci::network
