// SPDX-License-Identifier: Apache-2.0
#include "network/ground.hpp"

#include <algorithm>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/log.hpp"
#include "base/scope_exit.hpp"
#include "network/host.hpp"
#include "network/nftables.hpp"
#include "network/rules.hpp"

namespace oci::network {
namespace {

/// Clear of what home networks, clouds and Docker's first bridge use.
Subnet default_subnet() { return {address_of(0xAC130001U), 16}; }

Result<void> check_form(const NetworkRequest& request) {
    if (!is_network_name(request.name))
        return fail(ErrorKind::InvalidConfig,
                    "\"{}\" is no name of a network: up to 15 letters, digits, \"-\", \"_\", \".\"",
                    request.name);
    if (request.v4 && (request.v4->prefix < 8 || request.v4->prefix > 30))
        return fail(ErrorKind::InvalidConfig, "--network-ip: {} has no room: /8 to /30",
                    request.v4->text());
    if (request.v6 && (request.v6->address.family != Family::V6 || request.v6->prefix > 96))
        return fail(ErrorKind::InvalidConfig, "--network-ip6: {} has no room: up to /96",
                    request.v6->text());
    return {};
}

/// Somebody has made the bridge: it may have an address already.
std::optional<Subnet> address_of_bridge(const std::vector<DeviceAddress>& addresses, int bridge) {
    for (const DeviceAddress& each : addresses)
        if (each.device == bridge && each.subnet.address.family == Family::V4) return each.subnet;
    return std::nullopt;
}

Failure<Error> other_address(const Network& network, const Subnet& wanted) {
    return with(fail(ErrorKind::InvalidConfig, "the network {} has {} already, not {}",
                     network.name, network.v4.text(), wanted.text()),
                {.hint = "--network-name makes another network"});
}

/// Whose first address is the network itself means the first that a host may have.
Subnet with_host(Subnet subnet) {
    if (subnet.address == first_of(subnet) && subnet.address.family == Family::V4)
        subnet.address = address_of(number_of(subnet.address) + 1);
    return subnet;
}

Result<void> check_subnets(World& world, const Network& network, int bridge) {
    const std::vector<Route> all = OCI_TRY(explain(routes(world.socket), "cannot list routes"));
    const std::vector<DeviceAddress> here =
        OCI_TRY(explain(addresses(world.socket), "cannot list addresses"));
    OCI_TRY(check_subnet(network.v4, all, here, world.devices, bridge));
    if (!network.v6) return {};
    return check_subnet(*network.v6, all, here, world.devices, bridge);
}

/// Containers that were there before the bridge was.
void take_ports_again(World& world, const Network& network, int bridge) {
    for (const Lease& lease : world.leases) {
        const Device* device = world.device(lease.device());
        if (lease.network != network.name || device == nullptr) continue;
        const auto joined = make_port(world.socket, device->index, bridge);
        const auto described = describe_port(world.socket, device->name, lease.owner.id);
        if (!joined || !described)
            log::warning("container {} is cut off from network {}", lease.owner.id, network.name);
    }
}

Result<int> make_bridge_of(World& world, const Network& network, std::uint32_t mtu) {
    if (mtu == 0) {
        const std::vector<Route> all = OCI_TRY(explain(routes(world.socket), "cannot list routes"));
        mtu = usual_mtu(all, world.devices);
    }
    OCI_TRY(
        explain(make_bridge(world.socket, network.name, hardware_address(network.v4.address), mtu),
                "cannot make the bridge {}", network.name));
    const auto made = OCI_TRY(explain(find_device(world.socket, network.name),
                                      "cannot find the bridge {}", network.name));
    if (!made) return fail(ErrorKind::System, "the bridge {} is gone again", network.name);
    world.devices.push_back(*made);
    take_ports_again(world, network, made->index);
    return made->index;
}

Result<void> give_addresses(World& world, const Network& network, int bridge) {
    OCI_TRY(explain(add_address(world.socket, bridge, network.v4), "cannot give {} its address {}",
                    network.name, network.v4.text()));
    if (network.v6)
        OCI_TRY(explain(add_address(world.socket, bridge, *network.v6),
                        "cannot give {} its address {}", network.name, network.v6->text()));
    return explain(set_up(world.socket, bridge), "cannot set {} up", network.name);
}

Result<void> make_rules(const World& world) {
    if (has_nftables()) return carry_out(whole_table(world.networks, world.leases));
    log::warning("containers reach no other network: this machine has no nftables");
    return {};
}

/// As good as can be: what led here is what is reported.
void forget(World& world, const Network& network) {
    const Device* bridge = world.device(network.name);
    if (network.is_ours && bridge != nullptr) (void)remove_device(world.socket, bridge->index);
    (void)world.files.remove(network);
    std::erase_if(world.networks, [&](const Network& each) { return each.name == network.name; });
}

}  // namespace

Result<Network> plan_network(World& world, const NetworkRequest& request) {
    OCI_TRY(check_form(request));
    const Network* known = world.network(request.name);
    const Device* bridge = world.device(request.name);
    if (bridge != nullptr && bridge->kind != "bridge")
        return fail(ErrorKind::InvalidConfig, "{} is a device of the host, but no bridge",
                    request.name);
    Network network;
    if (known != nullptr) {
        network = *known;
        if (request.v4 && with_host(*request.v4) != known->v4)
            return other_address(*known, with_host(*request.v4));
        if (bridge != nullptr) return network;
    } else {
        network.name = request.name;
        network.is_ours = bridge == nullptr;
        std::optional<Subnet> has;
        if (bridge != nullptr) {
            const auto here = OCI_TRY(explain(addresses(world.socket), "cannot list addresses"));
            has = address_of_bridge(here, bridge->index);
        }
        network.v4 = has ? *has : with_host(request.v4.value_or(default_subnet()));
        if (request.v4 && with_host(*request.v4) != network.v4)
            return other_address(network, with_host(*request.v4));
        network.last = network.v4.address;
        if (has_v6())
            network.v6 = request.v6.value_or(unique_local(
                fmt::format("{}/{}/{}", machine_id(), network.name, network.v4.text())));
    }
    OCI_TRY(check_subnets(world, network, bridge == nullptr ? 0 : bridge->index));
    return network;
}

Result<void> make_network(World& world, const Network& network, std::uint32_t mtu) {
    const Device* bridge = world.device(network.name);
    const bool is_known = world.network(network.name) != nullptr;
    if (is_known && bridge != nullptr) {
        if (has_table()) return {};
        return make_rules(world);
    }
    OCI_TRY(world.files.write(network));
    if (!is_known) world.networks.push_back(network);
    ScopeExit undo{[&] {
        if (!is_known) forget(world, network);
    }};
    int index = bridge == nullptr ? 0 : bridge->index;
    if (index == 0) index = OCI_TRY(make_bridge_of(world, network, mtu));
    OCI_TRY(give_addresses(world, network, index));
    OCI_TRY(forward_packets(network.v6.has_value()));
    OCI_TRY(make_rules(world));
    undo.release();
    return {};
}

}  // namespace oci::network
