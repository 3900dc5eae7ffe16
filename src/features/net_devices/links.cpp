// SPDX-License-Identifier: Apache-2.0
#include "features/net_devices/links.hpp"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cerrno>

#include <net/if.h>

namespace oci::net_devices {
namespace {

using kernel::NetlinkAttribute;
using kernel::NetlinkError;
using kernel::NetlinkMessage;
using kernel::NetlinkRequest;
using kernel::NetlinkResult;
using kernel::RouteSocket;

/// What somebody once asked for; all else in IFA_FLAGS is the kernel's own note.
constexpr std::uint32_t asked_flags =
    IFA_F_NODAD | IFA_F_HOMEADDRESS | IFA_F_MANAGETEMPADDR | IFA_F_NOPREFIXROUTE | IFA_F_MCAUTOJOIN;

std::vector<std::byte> bytes_of(const NetlinkAttribute& attribute) {
    return {attribute.value.begin(), attribute.value.end()};
}

void read_attribute(const NetlinkAttribute& attribute, Address& address) {
    switch (attribute.type) {
        case IFA_LOCAL: address.local = bytes_of(attribute); break;
        case IFA_ADDRESS: address.address = bytes_of(attribute); break;
        case IFA_BROADCAST: address.broadcast = bytes_of(attribute); break;
        case IFA_LABEL: address.label = kernel::text_of(attribute); break;
        case IFA_CACHEINFO: address.lifetime = kernel::value_of<ifa_cacheinfo>(attribute); break;
        case IFA_RT_PRIORITY: address.metric = kernel::value_of<std::uint32_t>(attribute); break;
        case IFA_PROTO: address.protocol = kernel::value_of<std::uint8_t>(attribute); break;
        case IFA_FLAGS:
            address.flags = kernel::value_of<std::uint32_t>(attribute).value_or(address.flags);
            break;
        default: break;
    }
}

ifinfomsg link_header(int index) {
    ifinfomsg header{};
    header.ifi_family = AF_UNSPEC;
    header.ifi_index = index;
    return header;
}

NetlinkResult<Link> only_link(NetlinkResult<std::vector<NetlinkMessage>> answer) {
    const auto messages = OCI_TRY(std::move(answer));
    if (messages.size() == 1) {
        auto link = read_link(messages[0]);
        if (link) return *std::move(link);
    }
    return Failure{NetlinkError{EBADMSG, "RTM_GETLINK", {}}};
}

/// RTM_NEWLINK about a device that exists.
NetlinkRequest change(const ifinfomsg& header) {
    NetlinkRequest request{"RTM_NEWLINK", RTM_NEWLINK, 0};
    request.header(header);
    return request;
}

}  // namespace

std::optional<Link> read_link(const NetlinkMessage& message) {
    const auto header = kernel::header_of<ifinfomsg>(message);
    const auto attributes = kernel::attributes_of(message, sizeof(ifinfomsg));
    if (message.type != RTM_NEWLINK || !header || !attributes) return std::nullopt;
    Link link{.index = header->ifi_index, .name = {}, .is_up = (header->ifi_flags & IFF_UP) != 0};
    for (const NetlinkAttribute& attribute : *attributes) {
        if (attribute.type == IFLA_IFNAME) link.name = kernel::text_of(attribute);
        if (attribute.type == IFLA_MASTER)
            link.master = kernel::value_of<int>(attribute).value_or(0);
    }
    if (link.index <= 0 || link.name.empty()) return std::nullopt;
    return link;
}

std::optional<Address> read_address(const NetlinkMessage& message, int index) {
    const auto header = kernel::header_of<ifaddrmsg>(message);
    const auto attributes = kernel::attributes_of(message, sizeof(ifaddrmsg));
    if (message.type != RTM_NEWADDR || !header || !attributes) return std::nullopt;
    const std::size_t size = header->ifa_family == AF_INET    ? 4U
                             : header->ifa_family == AF_INET6 ? 16U
                                                              : 0U;
    if (size == 0 || header->ifa_index != static_cast<std::uint32_t>(index)) return std::nullopt;
    Address address;
    address.family = header->ifa_family;
    address.prefix = header->ifa_prefixlen;
    address.scope = header->ifa_scope;
    address.flags = header->ifa_flags;
    for (const NetlinkAttribute& attribute : *attributes) read_attribute(attribute, address);
    const bool is_sound = (address.local.size() == size || address.local.empty()) &&
                          (address.address.size() == size || address.address.empty()) &&
                          !(address.local.empty() && address.address.empty());
    if (!is_sound) return std::nullopt;
    return address;
}

bool is_kept(const Address& address) noexcept {
    return address.scope == RT_SCOPE_UNIVERSE && (address.flags & IFA_F_PERMANENT) != 0;
}

Address relabelled(Address address, std::string_view from, std::string_view to) {
    const std::string_view label = address.label;
    // Without a label the kernel takes the device's name.
    std::string changed;
    if (label.starts_with(from) && label.substr(from.size()).starts_with(':'))
        changed = std::string{to} + std::string{label.substr(from.size())};
    if (changed.size() >= IFNAMSIZ) changed.clear();
    address.label = std::move(changed);
    return address;
}

NetlinkRequest address_request(const Address& address, int index) {
    ifaddrmsg header{};
    header.ifa_family = address.family;
    header.ifa_prefixlen = address.prefix;
    header.ifa_scope = address.scope;
    header.ifa_index = static_cast<std::uint32_t>(index);
    NetlinkRequest request{"RTM_NEWADDR", RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL};
    request.header(header);
    if (!address.local.empty()) request.add(IFA_LOCAL, address.local);
    if (!address.address.empty()) request.add(IFA_ADDRESS, address.address);
    if (!address.broadcast.empty()) request.add(IFA_BROADCAST, address.broadcast);
    if (!address.label.empty()) request.add_text(IFA_LABEL, address.label);
    request.add_value(IFA_FLAGS, address.flags & asked_flags);
    if (address.lifetime) request.add_value(IFA_CACHEINFO, *address.lifetime);
    if (address.metric) request.add_value(IFA_RT_PRIORITY, *address.metric);
    if (address.protocol) request.add_value(IFA_PROTO, *address.protocol);
    return request;
}

NetlinkResult<Link> find_link(RouteSocket& socket, const std::string& name) {
    NetlinkRequest request{"RTM_GETLINK", RTM_GETLINK, 0};
    request.header(link_header(0));
    request.add_text(IFLA_IFNAME, name);
    return only_link(socket.ask(std::move(request)));
}

NetlinkResult<Link> find_link(RouteSocket& socket, int index) {
    NetlinkRequest request{"RTM_GETLINK", RTM_GETLINK, 0};
    request.header(link_header(index));
    return only_link(socket.ask(std::move(request)));
}

NetlinkResult<std::vector<Address>> find_addresses(RouteSocket& socket, int index) {
    constexpr int attempts = 20;  // the list may change while it is read
    ifaddrmsg header{};
    header.ifa_index = static_cast<std::uint32_t>(index);
    for (int attempt = 1;; ++attempt) {
        NetlinkRequest request{"RTM_GETADDR", RTM_GETADDR, NLM_F_DUMP};
        request.header(header);
        auto answer = socket.ask(std::move(request));
        if (!answer && answer.error().code == EINTR && attempt < attempts) continue;
        const auto messages = OCI_TRY(std::move(answer));
        std::vector<Address> addresses;
        for (const NetlinkMessage& message : messages)
            if (auto address = read_address(message, index))
                addresses.push_back(*std::move(address));
        return addresses;
    }
}

NetlinkResult<void> move_link(RouteSocket& socket, int index, FdView target,
                              const std::string& name, int& index_there) {
    constexpr int most_taken = 4096;
    for (const int last = index_there + most_taken;; ++index_there) {
        NetlinkRequest request = change(link_header(index));
        request.add_value(IFLA_NET_NS_FD, target.get());
        request.add_value(IFLA_NEW_IFINDEX, index_there);
        if (!name.empty()) request.add_text(IFLA_IFNAME, name);
        const auto moved = socket.ask(std::move(request));
        if (moved) return {};
        if (moved.error().code != EBUSY || index_there == last) return Failure{moved.error()};
    }
}

NetlinkResult<void> add_address(RouteSocket& socket, const Address& address, int index) {
    OCI_TRY(socket.ask(address_request(address, index)));
    return {};
}

NetlinkResult<void> set_up(RouteSocket& socket, int index) {
    ifinfomsg header = link_header(index);
    header.ifi_flags = IFF_UP;
    header.ifi_change = IFF_UP;
    OCI_TRY(socket.ask(change(header)));
    return {};
}

NetlinkResult<void> set_master(RouteSocket& socket, int index, int master) {
    NetlinkRequest request = change(link_header(index));
    request.add_value(IFLA_MASTER, master);
    OCI_TRY(socket.ask(std::move(request)));
    return {};
}

}  // namespace oci::net_devices
