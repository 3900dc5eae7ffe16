// SPDX-License-Identifier: Apache-2.0
#include "network/attach.hpp"

#include <fcntl.h>
#include <sched.h>

#include <algorithm>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/scope_exit.hpp"
#include "kernel/files.hpp"
#include "kernel/namespace.hpp"
#include "network/host.hpp"
#include "network/hosts_file.hpp"
#include "network/nftables.hpp"
#include "network/rules.hpp"

namespace oci::network {
namespace {

constexpr const char* name_inside = "eth0";

/// Of a process, and a way to speak to it.
struct Inside {
    UniqueFd handle{};
    RouteSocket socket{};
};

Result<UniqueFd> open_namespace(const std::string& path) {
    return explain(kernel::open_at(kernel::here, path.c_str(), O_RDONLY), "cannot open {}", path);
}

/// A socket keeps the network namespace in which it is made: this process goes there for that long.
Result<Inside> enter(pid_t pid) {
    Inside inside;
    const UniqueFd own = OCI_TRY(open_namespace("/proc/self/ns/net"));
    inside.handle = OCI_TRY(open_namespace(fmt::format("/proc/{}/ns/net", pid)));
    const auto here = OCI_TRY(explain(kernel::status_of(own), "network namespace"));
    const auto there = OCI_TRY(explain(kernel::status_of(inside.handle), "network namespace"));
    if (here.st_ino == there.st_ino && here.st_dev == there.st_dev)
        return fail(ErrorKind::InvalidConfig, "the container has no network of its own");
    OCI_TRY(explain(kernel::join_namespace(inside.handle, CLONE_NEWNET),
                    "cannot enter the container's network"));
    auto socket = RouteSocket::open();
    const auto loopback = kernel::bring_up_loopback();
    OCI_TRY(explain(kernel::join_namespace(own, CLONE_NEWNET),
                    "cannot return from the container's network"));
    OCI_TRY(explain(loopback, "cannot set the container's lo up"));
    inside.socket = OCI_TRY(explain(std::move(socket), "cannot speak to the container's network"));
    return inside;
}

// ---- what is given away -------------------------------------------------------

Result<void> check_against(const Publication& wanted, const World& world, const Owner& owner) {
    for (const Lease& lease : world.leases) {
        if (lease.owner == owner) continue;
        for (const Publication& each : lease.ports)
            if (collide(each, wanted))
                return with(fail(ErrorKind::AlreadyExists,
                                 "port {} of the host is published by container {}, which has {}",
                                 wanted.text(), lease.owner.id, each.text()),
                            {.hint = "choose another port of the host, or leave it empty"});
    }
    return check_port(wanted);
}

/// With a number of the host for each.
Result<std::vector<Publication>> resolve(const World& world, const AttachRequest& request) {
    std::vector<Publication> taken;
    for (const Lease& lease : world.leases)
        taken.insert(taken.end(), lease.ports.begin(), lease.ports.end());
    std::vector<Publication> ports;
    for (Publication each : request.ports) {
        if (each.host == 0)
            each.host = free_port(each, taken);
        else
            OCI_TRY(check_against(each, world, request.owner));
        if (each.host == 0)
            return fail(ErrorKind::System, "no port of the host is free for {}", each.text());
        for (const Publication& other : ports)
            if (collide(each, other))
                return fail(ErrorKind::InvalidConfig, "port {} of the host is published twice",
                            each.text());
        ports.push_back(each);
        taken.push_back(each);
    }
    if (!ports.empty() && !has_nftables())
        return with(
            fail(ErrorKind::Unsupported, "ports cannot be published: this machine has no nftables"),
            {.hint = "install nftables (Debian: libnftables1 or nftables)"});
    return ports;
}

Result<Address> choose_address(const World& world, const Network& network,
                               const AttachRequest& request) {
    std::vector<Lease> leases;
    for (const Lease& each : world.leases)
        if (each.network == network.name) leases.push_back(each);
    if (!request.address) {
        const auto next = next_free(network, leases);
        if (next) return *next;
        return with(
            fail(ErrorKind::System, "all addresses of network {} are given away", network.name),
            {.hint = "--network-name makes another network"});
    }
    const Address& wanted = *request.address;
    const bool is_of_host = network.v4.contains(wanted) && wanted != first_of(network.v4) &&
                            wanted != broadcast_of(network.v4) && wanted != network.v4.address;
    if (!is_of_host)
        return fail(ErrorKind::InvalidConfig, "--container-ip: {} cannot be had in {} of {}",
                    wanted.text(), network.v4.text(), network.name);
    for (const Lease& each : leases)
        if (each.address == wanted && each.owner != request.owner)
            return fail(ErrorKind::AlreadyExists, "--container-ip: container {} has {}",
                        each.owner.id, wanted.text());
    return wanted;
}

// ---- what is made -------------------------------------------------------------

Result<void> publish(const World& world, const Lease& lease, const Network& network) {
    if (lease.ports.empty()) return {};
    const auto added = carry_out(added_ports(lease, network));
    // Somebody may have changed the table: it is made anew, with what is in it.
    if (!added) OCI_TRY(carry_out(whole_table(world.networks, world.leases)));
    const bool from_loopback = std::ranges::any_of(lease.ports, [](const Publication& each) {
        return !each.address || each.address->is_unspecified() || each.address->bytes[0] == 127;
    });
    if (!from_loopback) return {};
    return route_loopback(network.name);
}

Result<void> configure(Inside& inside, const Lease& lease, const Network& network) {
    const auto device = OCI_TRY(
        explain(find_device(inside.socket, name_inside), "cannot find the container's device"));
    if (!device) return fail(ErrorKind::System, "the container's device is gone");
    const int index = device->index;
    OCI_TRY(explain(add_address(inside.socket, index, {lease.address, network.v4.prefix}),
                    "cannot give the container its address"));
    OCI_TRY(explain(set_up(inside.socket, index), "cannot set the container's device up"));
    OCI_TRY(explain(add_default_route(inside.socket, index, network.v4.address),
                    "cannot give the container a route"));
    const auto second = second_address(network, lease);
    if (!second) return {};
    const Subnet v6{*second, network.v6->prefix};
    const auto added = add_address(inside.socket, index, v6);
    // The container's own settings may be without this family.
    if (!added && (added.error().code == EACCES || added.error().code == EPERM)) return {};
    OCI_TRY(explain(added, "cannot give the container its address {}", v6.text()));
    return explain(add_default_route(inside.socket, index, network.v6->address),
                   "cannot give the container a route");
}

Result<void> connect(World& world, const Lease& lease, const Network& network, Inside& inside) {
    const Device* bridge = world.device(network.name);
    if (bridge == nullptr) return fail(ErrorKind::System, "the bridge {} is gone", network.name);
    const PairRequest pair{.name = lease.device(),
                           .bridge = bridge->index,
                           .peer = name_inside,
                           .there = inside.handle,
                           .peer_address = hardware_address(lease.address),
                           .mtu = bridge->mtu};
    OCI_TRY(explain(make_pair(world.socket, pair), "cannot make the device {}", pair.name));
    // For release(), if what follows fails.
    world.devices.push_back({.index = 0, .name = pair.name, .kind = "veth"});
    const auto made =
        OCI_TRY(explain(find_device(world.socket, pair.name), "cannot find {}", pair.name));
    if (made) world.devices.back() = *made;
    OCI_TRY(explain(describe_port(world.socket, pair.name, lease.owner.id),
                    "cannot set up the port {}", pair.name));
    return configure(inside, lease, network);
}

/// Whether its device leads to this very namespace: a container of the same name may have been
/// made anew.
bool is_attached(const World& world, const Lease& lease, Inside& inside) {
    const Device* outer = world.device(lease.device());
    const auto inner = find_device(inside.socket, name_inside);
    return outer != nullptr && inner && inner.value() && inner.value()->peer == outer->index &&
           outer->peer == inner.value()->index;
}

}  // namespace

Result<std::vector<std::string>> check(World& world, const AttachRequest& request) {
    OCI_TRY(reclaim(world));
    const Network network = OCI_TRY(plan_network(world, request.network));
    OCI_TRY(choose_address(world, network, request));
    OCI_TRY(resolve(world, request));
    // Once it stands, who looks after the machine has been told.
    if (world.device(network.name) != nullptr) return std::vector<std::string>{};
    return foreign_firewalls(network.name, forward_chains(), has_chain("filter", "DOCKER-USER"));
}

Result<Lease> attach(World& world, const AttachRequest& request, pid_t pid) {
    Inside inside = OCI_TRY(enter(pid));
    OCI_TRY(reclaim(world));
    if (const Lease* lease = world.lease(request.owner)) {
        if (is_attached(world, *lease, inside)) return *lease;
        OCI_TRY(release(world, *lease));
    }
    Network network = OCI_TRY(plan_network(world, request.network));
    OCI_TRY(make_network(world, network, request.network.mtu));
    Lease lease{.network = network.name, .owner = request.owner};
    lease.ports = OCI_TRY(resolve(world, request));
    lease.address = OCI_TRY(choose_address(world, network, request));
    network.last = lease.address;
    OCI_TRY(world.files.add(lease));
    ScopeExit undo{[&] { (void)release(world, lease); }};
    world.leases.push_back(lease);
    OCI_TRY(world.files.write(network));
    OCI_TRY(publish(world, lease, network));
    OCI_TRY(connect(world, lease, network, inside));
    if (!request.hosts.empty())
        OCI_TRY(write_hosts(request.hosts, request.hostname, lease.address,
                            second_address(network, lease)));
    undo.release();
    return lease;
}

}  // namespace oci::network
