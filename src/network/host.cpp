// SPDX-License-Identifier: Apache-2.0
#include "network/host.hpp"

#include <algorithm>
#include <cerrno>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/text.hpp"
#include "kernel/files.hpp"
#include "kernel/stream_socket.hpp"
#include "kernel/text_file.hpp"

namespace oci::network {
namespace {

constexpr const char* v6_settings = "/proc/sys/net/ipv6/conf";

std::string setting(const std::string& path) {
    const auto text = kernel::read_text(kernel::here, path.c_str(), 64);
    return text ? std::string{trim(text.value())} : std::string{};
}

Result<void> set(const std::string& path, std::string_view value) {
    if (setting(path) == value) return {};
    return with(explain(kernel::write_text(kernel::here, path.c_str(), value),
                        "cannot write {} to {}", value, path),
                {.hint = fmt::format("run \"echo {} > {}\" as root of the machine", value, path)});
}

/// A host that forwards heeds no router's advertisements unless it is told to.
void keep_advertisements() {
    const auto directory = kernel::open_at(kernel::here, v6_settings, O_RDONLY | O_DIRECTORY);
    if (!directory) return;
    const auto names = kernel::read_directory(directory.value());
    if (!names) return;
    for (const std::string& name : names.value()) {
        const std::string path = fmt::format("{}/{}/accept_ra", v6_settings, name);
        if (name != "all" && setting(path) == "1")
            (void)kernel::write_text(kernel::here, path.c_str(), "2");  // as good as can be
    }
}

std::string name_of(int index, const std::vector<Device>& devices) {
    for (const Device& each : devices)
        if (each.index == index) return each.name;
    return "another device";
}

Failure<Error> taken(const Subnet& subnet, const Subnet& by, const std::string& device) {
    return with(
        fail(ErrorKind::InvalidConfig, "the network {} overlaps {}, which the host reaches by {}",
             subnet.network_text(), by.network_text(), device),
        {.hint = "choose another with --network-ip, as 10.88.0.1/16 or 192.168.77.1/24"});
}

/// 0, or the errno of bind(2).
int try_port(const Address& address, std::uint16_t port, Protocol protocol) {
    const auto tried = kernel::try_port(address.text().c_str(), port, protocol == Protocol::Tcp);
    return tried || tried.error().code == EAFNOSUPPORT ? 0 : tried.error().code;
}

std::vector<Address> addresses_of(const Publication& publication) {
    if (publication.address) return {*publication.address};
    std::vector<Address> both{Address{}};
    if (has_v6()) both.push_back(Address{.family = Family::V6});
    return both;
}

bool is_free(const Publication& publication, std::uint16_t port) {
    return std::ranges::all_of(addresses_of(publication), [&](const Address& address) {
        return try_port(address, port, publication.protocol) == 0;
    });
}

std::string advice_for(const ForwardChain& chain, const std::string& bridge, bool has_docker_user) {
    if (chain.table == "firewalld")
        return fmt::format(
            "firewalld may drop what containers send: run firewall-cmd --permanent "
            "--zone=trusted --add-interface={} && firewall-cmd --reload",
            bridge);
    const bool is_of_iptables = chain.table == "filter" && chain.name == "FORWARD";
    if (is_of_iptables) {
        const std::string_view tool = chain.family == "ip6" ? "ip6tables" : "iptables";
        const std::string_view name =
            has_docker_user && chain.family == "ip" ? "DOCKER-USER" : "FORWARD";
        return fmt::format(
            "{0} drops by policy what is forwarded{3}: run {0} -I {1} -i {2} -j ACCEPT "
            "&& {0} -I {1} -o {2} -j ACCEPT",
            tool, name, bridge, has_docker_user ? ", as Docker sets it" : "");
    }
    return fmt::format(
        "the chain {1} of table {0} {2} drops what is forwarded: run nft insert rule "
        "{0} {2} {1} iifname {3} accept && nft insert rule {0} {2} {1} oifname {3} "
        "accept",
        chain.family, chain.name, chain.table, bridge);
}

}  // namespace

Result<void> forward_packets(bool of_v6) {
    OCI_TRY(set("/proc/sys/net/ipv4/ip_forward", "1"));
    const std::string all = std::string{v6_settings} + "/all/forwarding";
    if (!of_v6 || setting(all) == "1") return {};
    keep_advertisements();
    return set(all, "1");
}

Result<void> route_loopback(const std::string& bridge) {
    return set(fmt::format("/proc/sys/net/ipv4/conf/{}/route_localnet", bridge), "1");
}

bool has_v6() { return setting(std::string{v6_settings} + "/all/disable_ipv6") == "0"; }

std::string machine_id() { return setting("/etc/machine-id"); }

Result<void> check_subnet(const Subnet& subnet, const std::vector<Route>& routes,
                          const std::vector<DeviceAddress>& addresses,
                          const std::vector<Device>& devices, int bridge) {
    for (const DeviceAddress& each : addresses)
        if (each.device != bridge && overlap(subnet, each.subnet))
            return taken(subnet, each.subnet, name_of(each.device, devices));
    for (const Route& each : routes)
        if (each.device != bridge && each.to.prefix != 0 && overlap(subnet, each.to))
            return taken(subnet, each.to, name_of(each.device, devices));
    return {};
}

std::uint32_t usual_mtu(const std::vector<Route>& routes,
                        const std::vector<Device>& devices) noexcept {
    constexpr std::uint32_t of_ethernet = 1500;
    for (const Route& route : routes)
        for (const Device& device : devices)
            if (route.to.prefix == 0 && route.device == device.index && device.mtu != 0)
                return std::min(device.mtu, 65535U);
    return of_ethernet;
}

std::vector<std::string> foreign_firewalls(const std::string& bridge,
                                           const std::vector<ForwardChain>& chains,
                                           bool has_docker_user) {
    std::vector<std::string> advice;
    for (const ForwardChain& each : chains) {
        if (!each.drops && each.table != "firewalld") continue;
        std::string text = advice_for(each, bridge, has_docker_user);
        if (std::ranges::count(advice, text) == 0) advice.push_back(std::move(text));
    }
    return advice;
}

Result<void> check_port(const Publication& publication) {
    for (unsigned i = 0; i < publication.count; ++i) {
        const auto port = static_cast<std::uint16_t>(publication.host + i);
        for (const Address& address : addresses_of(publication)) {
            const int code = try_port(address, port, publication.protocol);
            if (code == EADDRINUSE)
                return fail(ErrorKind::AlreadyExists,
                            "port {}/{} of the host is taken by a program of the host", port,
                            network::name_of(publication.protocol));
            if (code == EADDRNOTAVAIL)
                return fail(ErrorKind::InvalidConfig, "the host has no address {}", address.text());
            if (code != 0)
                return with(fail(ErrorKind::System, "port {}/{} of the host: cannot use it", port,
                                 network::name_of(publication.protocol)),
                            {.number = code});
        }
    }
    return {};
}

std::uint16_t free_port(const Publication& publication, const std::vector<Publication>& taken) {
    // Those that IANA leaves to everybody.
    constexpr std::uint16_t first = 49153;
    constexpr std::uint16_t last = 65535;
    for (std::uint16_t port = first; port < last; ++port) {
        Publication wanted = publication;
        wanted.host = port;
        const bool is_taken = std::ranges::any_of(
            taken, [&](const Publication& each) { return collide(each, wanted); });
        if (!is_taken && is_free(publication, port)) return port;
    }
    return 0;
}

}  // namespace oci::network
