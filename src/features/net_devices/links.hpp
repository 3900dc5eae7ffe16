// SPDX-License-Identifier: Apache-2.0
//
// What rtnetlink says about network devices and their addresses, as values.
#pragma once

#include <linux/if_addr.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/netlink.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::net_devices {

struct Link {
    int index = 0;
    std::string name;
    bool is_up = false;
    int master = 0;  ///< The bridge or bond it is a port of; 0: none.
};

/// An address as the kernel lists it. Bytes are in network order.
struct Address {
    std::uint8_t family = 0;  ///< AF_INET or AF_INET6
    std::uint8_t prefix = 0;
    std::uint8_t scope = 0;   ///< RT_SCOPE_*
    std::uint32_t flags = 0;  ///< IFA_F_*
    std::vector<std::byte> local;
    std::vector<std::byte> address;  ///< The other end of a point-to-point link, or as local.
    std::vector<std::byte> broadcast;
    std::string label;                      ///< IPv4: the device's name, or "name:text".
    std::optional<ifa_cacheinfo> lifetime;  ///< Absent: for ever.
    std::optional<std::uint32_t> metric;    ///< Of the route to its network.
    std::optional<std::uint8_t> protocol;   ///< IFA_PROTO: who gave it.
};

/// Nothing if the message is not what it should be.
std::optional<Link> read_link(const kernel::NetlinkMessage& message);
std::optional<Address> read_address(const kernel::NetlinkMessage& message, int index);

/// Global and permanent: what moves with a device. Dynamic ones, and those of one link or host,
/// belong to where it was.
[[nodiscard]] bool is_kept(const Address& address) noexcept;

/// The address for a device that changed its name.
[[nodiscard]] Address relabelled(Address address, std::string_view from, std::string_view to);

[[nodiscard]] kernel::NetlinkRequest address_request(const Address& address, int index);

/// A device that is not there is ENODEV. By name: altnames count, the name in the link tells.
kernel::NetlinkResult<Link> find_link(kernel::RouteSocket& socket, const std::string& name);
kernel::NetlinkResult<Link> find_link(kernel::RouteSocket& socket, int index);
kernel::NetlinkResult<std::vector<Address>> find_addresses(kernel::RouteSocket& socket, int index);

/// Moves and renames in one request. name: there; empty: as here; may hold "%d". target: a network
/// namespace. index_there: the wish, and what it became: the next one that is free there. It is
/// valid after a failure, too: the kernel may have moved the device and then refused its name.
kernel::NetlinkResult<void> move_link(kernel::RouteSocket& socket, int index, FdView target,
                                      const std::string& name, int& index_there);

kernel::NetlinkResult<void> add_address(kernel::RouteSocket& socket, const Address& address,
                                        int index);
kernel::NetlinkResult<void> set_up(kernel::RouteSocket& socket, int index);
kernel::NetlinkResult<void> set_master(kernel::RouteSocket& socket, int index, int master);

}  // namespace oci::net_devices
