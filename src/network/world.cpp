// SPDX-License-Identifier: Apache-2.0
#include "network/world.hpp"

#include <algorithm>
#include <cerrno>

#include "base/explain.hpp"
#include "base/json_writer.hpp"
#include "base/path.hpp"
#include "base/text.hpp"
#include "kernel/files.hpp"
#include "network/nftables.hpp"
#include "network/rules.hpp"

namespace oci::network {
namespace {

/// "oci-" and an address in eight digits.
bool is_name_of_ours(std::string_view name) {
    constexpr std::string_view prefix = "oci-";
    if (!name.starts_with(prefix) || name.size() != prefix.size() + 8) return false;
    return parse_number<std::uint32_t>(name.substr(prefix.size()), 16).has_value();
}

Result<void> remove_link(World& world, const Device& device) {
    const int index = device.index;
    const std::string name = device.name;
    const auto removed = remove_device(world.socket, index);
    if (!removed && removed.error().code != ENODEV)
        return explain(removed, "cannot remove the device {}", name);
    std::erase_if(world.devices, [&](const Device& each) { return each.index == index; });
    return {};
}

Result<void> remove_orphans(World& world, std::vector<std::string>& removed) {
    std::vector<Device> orphans;
    for (const Device& each : world.devices) {
        if (each.kind != "veth" || !is_name_of_ours(each.name)) continue;
        const bool has_lease = std::ranges::any_of(
            world.leases, [&](const Lease& lease) { return lease.device() == each.name; });
        const bool is_port = std::ranges::any_of(world.networks, [&](const Network& network) {
            const Device* bridge = world.device(network.name);
            return bridge != nullptr && bridge->index == each.master;
        });
        if (is_port && !has_lease) orphans.push_back(each);
    }
    for (const Device& each : orphans) {
        OCI_TRY(remove_link(world, each));
        removed.push_back("device " + each.name);
    }
    return {};
}

/// The bridge of somebody else stays.
Result<void> remove_network(World& world, const Network& network,
                            std::vector<std::string>& removed) {
    if (const Device* bridge = world.device(network.name); bridge != nullptr && network.is_ours) {
        OCI_TRY(remove_link(world, *bridge));
        removed.push_back("bridge " + network.name);
    }
    return world.files.remove(network);
}

Result<void> remove_empty_networks(World& world, std::vector<std::string>& removed) {
    std::vector<Network> left;
    for (const Network& network : world.networks) {
        const bool is_used = std::ranges::any_of(
            world.leases, [&](const Lease& lease) { return lease.network == network.name; });
        if (is_used)
            left.push_back(network);
        else
            OCI_TRY(remove_network(world, network, removed));
    }
    world.networks = std::move(left);
    return {};
}

Result<void> write_rules(const World& world, std::vector<std::string>& removed) {
    const bool is_there = has_table();
    if (!world.networks.empty()) {
        if (is_there || has_nftables()) return carry_out(whole_table(world.networks, world.leases));
        return {};
    }
    if (!is_there) return {};
    removed.emplace_back("table oci_rt");
    return carry_out(without_table());
}

void write_container(JsonWriter& json, const Network& network, const Lease& lease) {
    json.begin_object().member("id", lease.owner.id).member("root", lease.owner.root);
    json.member("address", lease.address.text());
    if (const auto second = second_address(network, lease)) json.member("address6", second->text());
    json.member("device", lease.device()).list("ports", texts_of(lease.ports)).end_object();
}

}  // namespace

const Network* World::network(std::string_view name) const noexcept {
    const auto found = std::ranges::find(networks, name, &Network::name);
    return found == networks.end() ? nullptr : &*found;
}

const Device* World::device(std::string_view name) const noexcept {
    const auto found = std::ranges::find(devices, name, &Device::name);
    return found == devices.end() ? nullptr : &*found;
}

const Lease* World::lease(const Owner& owner) const noexcept {
    const auto found = std::ranges::find(leases, owner, &Lease::owner);
    return found == leases.end() ? nullptr : &*found;
}

Result<World> look(const std::string& state) {
    Leases files = OCI_TRY(Leases::open(state));
    RouteSocket socket = OCI_TRY(explain(RouteSocket::open(), "cannot speak to the kernel"));
    std::vector<Network> networks = OCI_TRY(files.networks());
    std::vector<Lease> leases = OCI_TRY(files.all());
    std::vector<Device> devices =
        OCI_TRY(explain(devices_of(socket), "cannot list network devices"));
    return World{std::move(files), std::move(socket), std::move(networks), std::move(leases),
                 std::move(devices)};
}

bool is_gone(const World& world, const Lease& lease) {
    if (lease.owner.id.empty() || world.network(lease.network) == nullptr) return true;
    if (world.device(lease.device()) == nullptr) return true;
    const std::string directory = join_path(lease.owner.root, lease.owner.id);
    return !kernel::status_of(kernel::here, directory.c_str());
}

Result<void> release(World& world, const Lease& lease) {
    const Lease one = lease;  // it may be one of those that are about to go
    if (const Device* device = world.device(one.device())) OCI_TRY(remove_link(world, *device));
    const Network* network = world.network(one.network);
    if (network != nullptr && !one.ports.empty()) {
        const bool is_there = has_table();
        if (is_there) OCI_TRY(carry_out(removed_ports(one, *network)));
    }
    OCI_TRY(world.files.remove(one));
    std::erase_if(world.leases, [&](const Lease& each) {
        return each.address == one.address && each.network == one.network;
    });
    return {};
}

Result<std::vector<Lease>> reclaim(World& world) {
    std::vector<Lease> gone;
    for (const Lease& each : world.leases)
        if (is_gone(world, each)) gone.push_back(each);
    for (const Lease& each : gone) OCI_TRY(release(world, each));
    return gone;
}

Result<void> detach(World& world, const Owner& owner) {
    const Lease* lease = world.lease(owner);
    if (lease == nullptr) return {};
    return release(world, *lease);
}

Result<std::vector<std::string>> reconcile(World& world) {
    std::vector<std::string> removed;
    const std::vector<Lease> gone = OCI_TRY(reclaim(world));
    for (const Lease& each : gone)
        removed.push_back(fmt::format("lease {} of {}", each.address.text(), each.owner.id));
    OCI_TRY(remove_orphans(world, removed));
    OCI_TRY(remove_empty_networks(world, removed));
    OCI_TRY(write_rules(world, removed));
    return removed;
}

std::string list_text(const World& world) {
    std::string text;
    JsonWriter json{text, 2};
    json.begin_array();
    for (const Network& network : world.networks) {
        json.begin_object().member("network", network.name);
        json.member("address", network.v4.text());
        if (network.v6) json.member("address6", network.v6->text());
        json.key("containers").begin_array();
        for (const Lease& lease : world.leases)
            if (lease.network == network.name && !is_gone(world, lease))
                write_container(json, network, lease);
        json.end_array().end_object();
    }
    json.end_array();
    return text + '\n';
}

}  // namespace oci::network
