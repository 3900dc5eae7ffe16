// SPDX-License-Identifier: Apache-2.0
#include "network/rules.hpp"

#include <array>

#include <fmt/format.h>

namespace oci::network {
namespace {

/// Adding first makes the deletion succeed where there is none.
constexpr std::string_view nothing = "add table inet oci_rt\ndelete table inet oci_rt\n";

/// 127.0.0.0/8 may be routed on our bridges: what comes from a container with such an address is
/// forged, and what comes from elsewhere is nothing to be led to a container.
constexpr std::string_view chains = R"(table inet oci_rt {
    map any4 { type inet_proto . inet_service : ipv4_addr . inet_service; }
    map any6 { type inet_proto . inet_service : ipv6_addr . inet_service; }
    map one4 { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service; }
    map one6 { type ipv6_addr . inet_proto . inet_service : ipv6_addr . inet_service; }
    set bridges { type ifname; }
    set networks4 { type ipv4_addr; flags interval; }
    set networks6 { type ipv6_addr; flags interval; }
    chain forged {
        type filter hook prerouting priority raw; policy accept;
        iifname @bridges ip daddr 127.0.0.0/8 drop
        iifname @bridges ip saddr 127.0.0.0/8 drop
    }
    chain published {
        dnat ip to ip daddr . meta l4proto . th dport map @one4
        dnat ip6 to ip6 daddr . meta l4proto . th dport map @one6
        meta nfproto ipv4 fib daddr type local dnat ip to meta l4proto . th dport map @any4
        meta nfproto ipv6 fib daddr type local dnat ip6 to meta l4proto . th dport map @any6
    }
    chain arriving {
        type nat hook prerouting priority dstnat; policy accept;
        ip daddr 127.0.0.0/8 return
        jump published
    }
    chain leaving {
        type nat hook output priority -100; policy accept;
        ip6 daddr ::1 return
        jump published
    }
    chain source {
        type nat hook postrouting priority srcnat; policy accept;
        ip saddr @networks4 ip daddr != @networks4 masquerade
        ip saddr @networks4 ip daddr @networks4 ct status dnat masquerade
        ip saddr 127.0.0.0/8 ip daddr @networks4 masquerade
        ip6 saddr @networks6 ip6 daddr != @networks6 masquerade
        ip6 saddr @networks6 ip6 daddr @networks6 ct status dnat masquerade
    }
}
)";

struct Kind {
    std::string_view map;
    Family family;
    bool of_one_address;
};
constexpr std::array kinds{Kind{"any4", Family::V4, false}, Kind{"any6", Family::V6, false},
                           Kind{"one4", Family::V4, true}, Kind{"one6", Family::V6, true}};

bool belongs(const Publication& ports, const Kind& kind) {
    const bool has_one = ports.address && !ports.address->is_unspecified();
    return ports.has(kind.family) && has_one == kind.of_one_address;
}

/// "tcp . 8080"
std::string key_of(const Publication& ports, unsigned index, const Kind& kind) {
    const std::string port = fmt::format("{} . {}", name_of(ports.protocol), ports.host + index);
    return kind.of_one_address ? ports.address->text() + " . " + port : port;
}

struct Target {
    Address v4{};
    std::optional<Address> v6{};
};

/// "add element inet oci_rt any4 { … }" for each map that gets any.
std::string elements(std::string_view act, const std::vector<Publication>& all,
                     const Target* target) {
    std::string text;
    for (const Kind& kind : kinds) {
        std::string list;
        for (const Publication& ports : all) {
            if (!belongs(ports, kind)) continue;
            for (unsigned i = 0; i < ports.count; ++i) {
                list += (list.empty() ? "" : ", ") + key_of(ports, i, kind);
                if (target == nullptr) continue;
                const Address& address = kind.family == Family::V4 ? target->v4 : *target->v6;
                list += fmt::format(" : {} . {}", address.text(), ports.container + i);
            }
        }
        if (!list.empty())
            text += fmt::format("{} element inet oci_rt {} {{ {} }}\n", act, kind.map, list);
    }
    return text;
}

/// Those that the container can have: without a second address there is none to lead to.
std::vector<Publication> reachable(const Lease& lease, const Network& network) {
    std::vector<Publication> ports;
    for (Publication each : lease.ports) {
        if (!network.v6 && !each.address) each.address = Address{};
        if (network.v6 || each.has(Family::V4)) ports.push_back(each);
    }
    return ports;
}

Target target_of(const Lease& lease, const Network& network) {
    return {lease.address, second_address(network, lease)};
}

}  // namespace

std::string whole_table(const std::vector<Network>& networks, const std::vector<Lease>& leases) {
    std::string text{nothing};
    text += chains;
    for (const Network& each : networks) {
        text += fmt::format("add element inet oci_rt bridges {{ \"{}\" }}\n", each.name);
        text += fmt::format("add element inet oci_rt networks4 {{ {} }}\n", each.v4.network_text());
        if (each.v6)
            text += fmt::format("add element inet oci_rt networks6 {{ {} }}\n",
                                each.v6->network_text());
        for (const Lease& lease : leases)
            if (lease.network == each.name) text += added_ports(lease, each);
    }
    return text;
}

std::string without_table() { return std::string{nothing}; }

std::string added_ports(const Lease& lease, const Network& network) {
    const Target target = target_of(lease, network);
    return elements("add", reachable(lease, network), &target);
}

std::string removed_ports(const Lease& lease, const Network& network) {
    const std::vector<Publication> ports = reachable(lease, network);
    const Target target = target_of(lease, network);
    // What is not there cannot be deleted.
    return elements("add", ports, &target) + elements("delete", ports, nullptr);
}

}  // namespace oci::network
