// SPDX-License-Identifier: Apache-2.0
#include "network/links.hpp"

#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include <net/if.h>

namespace oci::network {
namespace {

using kernel::NetlinkAttribute;
using kernel::NetlinkError;
using kernel::NetlinkMessage;
using kernel::NetlinkRequest;

unsigned char number_of(Family family) noexcept {
    return family == Family::V4 ? AF_INET : AF_INET6;
}

ifinfomsg link_header(int index, unsigned flags = 0) {
    ifinfomsg header{};
    header.ifi_family = AF_UNSPEC;
    header.ifi_index = index;
    header.ifi_flags = flags;
    header.ifi_change = flags;
    return header;
}

/// All messages as values, those that are none left out.
template <typename T>
NetlinkResult<std::vector<T>> all_of(NetlinkResult<std::vector<NetlinkMessage>> answer,
                                     std::optional<T> (*read)(const NetlinkMessage&)) {
    const std::vector<NetlinkMessage> messages = OCI_TRY(std::move(answer));
    std::vector<T> values;
    for (const NetlinkMessage& message : messages)
        if (auto value = read(message)) values.push_back(*std::move(value));
    return values;
}

NetlinkResult<void> do_it(RouteSocket& socket, NetlinkRequest request) {
    OCI_TRY(socket.ask(std::move(request)));
    return {};
}

NetlinkResult<void> unless_there(NetlinkResult<void> result) {
    if (!result && result.error().code == EEXIST) return {};
    return result;
}

std::optional<Device> read_device(const NetlinkMessage& message) {
    const auto header = kernel::header_of<ifinfomsg>(message);
    const auto attributes = kernel::attributes_of(message, sizeof(ifinfomsg));
    if (message.type != RTM_NEWLINK || !header || !attributes) return std::nullopt;
    Device device;
    device.index = header->ifi_index;
    for (const NetlinkAttribute& each : *attributes) {
        if (each.type == IFLA_IFNAME) device.name = kernel::text_of(each);
        if (each.type == IFLA_MASTER) device.master = kernel::value_of<int>(each).value_or(0);
        if (each.type == IFLA_LINK) device.peer = kernel::value_of<int>(each).value_or(0);
        if (each.type == IFLA_MTU) device.mtu = kernel::value_of<std::uint32_t>(each).value_or(0);
        if (each.type != IFLA_LINKINFO) continue;
        for (const NetlinkAttribute& info :
             kernel::attributes_of(each).value_or(std::vector<NetlinkAttribute>{}))
            if (info.type == IFLA_INFO_KIND) device.kind = kernel::text_of(info);
    }
    return device;
}

std::optional<Route> read_route(const NetlinkMessage& message) {
    const auto header = kernel::header_of<rtmsg>(message);
    const auto attributes = kernel::attributes_of(message, sizeof(rtmsg));
    if (message.type != RTM_NEWROUTE || !header || !attributes) return std::nullopt;
    if (header->rtm_table != RT_TABLE_MAIN || header->rtm_type != RTN_UNICAST) return std::nullopt;
    if (header->rtm_family != AF_INET && header->rtm_family != AF_INET6) return std::nullopt;
    Route route;
    route.to.address.family = header->rtm_family == AF_INET ? Family::V4 : Family::V6;
    route.to.prefix = header->rtm_dst_len;
    for (const NetlinkAttribute& each : *attributes) {
        if (each.type == RTA_DST)
            route.to.address = address_of(each.value).value_or(route.to.address);
        if (each.type == RTA_OIF) route.device = kernel::value_of<int>(each).value_or(0);
    }
    return route;
}

std::optional<DeviceAddress> read_address(const NetlinkMessage& message) {
    const auto header = kernel::header_of<ifaddrmsg>(message);
    const auto attributes = kernel::attributes_of(message, sizeof(ifaddrmsg));
    if (message.type != RTM_NEWADDR || !header || !attributes) return std::nullopt;
    std::optional<Address> local;
    std::optional<Address> address;
    for (const NetlinkAttribute& each : *attributes) {
        if (each.type == IFA_LOCAL) local = address_of(each.value);
        if (each.type == IFA_ADDRESS) address = address_of(each.value);
    }
    if (!local) local = address;
    if (!local) return std::nullopt;
    return DeviceAddress{{*local, header->ifa_prefixlen}, static_cast<int>(header->ifa_index)};
}

}  // namespace

NetlinkResult<std::optional<Device>> find_device(RouteSocket& socket, const std::string& name) {
    NetlinkRequest request{"RTM_GETLINK", RTM_GETLINK, 0};
    request.header(link_header(0));
    request.add_text(IFLA_IFNAME, name);
    auto answer = socket.ask(std::move(request));
    if (!answer && answer.error().code == ENODEV) return std::optional<Device>{};
    const std::vector<Device> found = OCI_TRY(all_of(std::move(answer), read_device));
    if (found.empty()) return std::optional<Device>{};
    return std::optional<Device>{found.front()};
}

NetlinkResult<std::vector<Device>> devices_of(RouteSocket& socket) {
    NetlinkRequest request{"RTM_GETLINK", RTM_GETLINK, NLM_F_DUMP};
    request.header(link_header(0));
    request.add_value(IFLA_EXT_MASK, std::uint32_t{RTEXT_FILTER_SKIP_STATS});
    return all_of(socket.ask(std::move(request)), read_device);
}

HardwareAddress hardware_address(const Address& v4) noexcept {
    // Locally administered, of one device.
    HardwareAddress address{0x02, 0x6F};
    std::copy_n(v4.bytes.begin(), 4, address.begin() + 2);
    return address;
}

NetlinkResult<void> make_bridge(RouteSocket& socket, const std::string& name,
                                const HardwareAddress& address, std::uint32_t mtu) {
    NetlinkRequest request{"RTM_NEWLINK", RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL};
    request.header(link_header(0, IFF_UP));
    request.add_text(IFLA_IFNAME, name).add_value(IFLA_ADDRESS, address);
    request.add_value(IFLA_MTU, mtu);
    const std::size_t info = request.open(IFLA_LINKINFO);
    request.add_text(IFLA_INFO_KIND, "bridge");
    request.close(info);
    return do_it(socket, std::move(request));
}

NetlinkResult<void> make_pair(RouteSocket& socket, const PairRequest& wanted) {
    NetlinkRequest request{"RTM_NEWLINK", RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL};
    request.header(link_header(0, IFF_UP));
    request.add_text(IFLA_IFNAME, wanted.name).add_value(IFLA_MTU, wanted.mtu);
    request.add_value(IFLA_MASTER, wanted.bridge);
    const std::size_t info = request.open(IFLA_LINKINFO);
    request.add_text(IFLA_INFO_KIND, "veth");
    const std::size_t data = request.open(IFLA_INFO_DATA);
    const std::size_t peer = request.open(VETH_INFO_PEER);
    request.header(link_header(0));
    request.add_text(IFLA_IFNAME, wanted.peer).add_value(IFLA_MTU, wanted.mtu);
    request.add_value(IFLA_ADDRESS, wanted.peer_address);
    request.add_value(IFLA_NET_NS_FD, wanted.there.get());
    request.close(peer);
    request.close(data);
    request.close(info);
    return do_it(socket, std::move(request));
}

NetlinkResult<void> describe_port(RouteSocket& socket, const std::string& name,
                                  std::string_view whose) {
    NetlinkRequest request{"RTM_NEWLINK", RTM_NEWLINK, 0};
    request.header(link_header(0));
    request.add_text(IFLA_IFNAME, name).add_text(IFLA_IFALIAS, whose);
    const std::size_t info = request.open(IFLA_LINKINFO);
    request.add_text(IFLA_INFO_SLAVE_KIND, "bridge");
    const std::size_t data = request.open(IFLA_INFO_SLAVE_DATA);
    request.add_value(IFLA_BRPORT_MODE, std::uint8_t{1});
    request.close(data);
    request.close(info);
    return do_it(socket, std::move(request));
}

NetlinkResult<void> make_port(RouteSocket& socket, int index, int bridge) {
    NetlinkRequest request{"RTM_NEWLINK", RTM_NEWLINK, 0};
    request.header(link_header(index));
    request.add_value(IFLA_MASTER, bridge);
    return do_it(socket, std::move(request));
}

NetlinkResult<void> set_up(RouteSocket& socket, int index) {
    NetlinkRequest request{"RTM_NEWLINK", RTM_NEWLINK, 0};
    request.header(link_header(index, IFF_UP));
    return do_it(socket, std::move(request));
}

NetlinkResult<void> remove_device(RouteSocket& socket, int index) {
    NetlinkRequest request{"RTM_DELLINK", RTM_DELLINK, 0};
    request.header(link_header(index));
    return do_it(socket, std::move(request));
}

NetlinkResult<void> add_address(RouteSocket& socket, int index, const Subnet& subnet) {
    ifaddrmsg header{};
    header.ifa_family = number_of(subnet.address.family);
    header.ifa_prefixlen = static_cast<unsigned char>(subnet.prefix);
    header.ifa_scope = RT_SCOPE_UNIVERSE;
    header.ifa_index = static_cast<std::uint32_t>(index);
    NetlinkRequest request{"RTM_NEWADDR", RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL};
    request.header(header);
    request.add(IFA_LOCAL, subnet.address.wire()).add(IFA_ADDRESS, subnet.address.wire());
    if (subnet.address.family == Family::V4 && subnet.prefix < 31)
        request.add(IFA_BROADCAST, broadcast_of(subnet).wire());
    // Nobody else has it: it can be used at once.
    if (subnet.address.family == Family::V6)
        request.add_value(IFA_FLAGS, std::uint32_t{IFA_F_NODAD});
    return unless_there(do_it(socket, std::move(request)));
}

NetlinkResult<void> add_default_route(RouteSocket& socket, int index, const Address& gateway) {
    rtmsg header{};
    header.rtm_family = number_of(gateway.family);
    header.rtm_table = RT_TABLE_MAIN;
    header.rtm_protocol = RTPROT_BOOT;
    header.rtm_scope = RT_SCOPE_UNIVERSE;
    header.rtm_type = RTN_UNICAST;
    NetlinkRequest request{"RTM_NEWROUTE", RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL};
    request.header(header);
    request.add(RTA_GATEWAY, gateway.wire()).add_value(RTA_OIF, index);
    return unless_there(do_it(socket, std::move(request)));
}

NetlinkResult<std::vector<Route>> routes(RouteSocket& socket) {
    std::vector<Route> all;
    for (const Family family : {Family::V4, Family::V6}) {
        rtmsg header{};
        header.rtm_family = number_of(family);
        NetlinkRequest request{"RTM_GETROUTE", RTM_GETROUTE, NLM_F_DUMP};
        request.header(header);
        const std::vector<Route> some = OCI_TRY(all_of(socket.ask(std::move(request)), read_route));
        all.insert(all.end(), some.begin(), some.end());
    }
    return all;
}

NetlinkResult<std::vector<DeviceAddress>> addresses(RouteSocket& socket) {
    NetlinkRequest request{"RTM_GETADDR", RTM_GETADDR, NLM_F_DUMP};
    request.header(ifaddrmsg{});
    return all_of(socket.ask(std::move(request)), read_address);
}

}  // namespace oci::network
