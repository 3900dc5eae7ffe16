// SPDX-License-Identifier: Apache-2.0
#include "features/net_devices/net_devices.hpp"

#include <fcntl.h>
#include <sched.h>

#include <cerrno>
#include <utility>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/log.hpp"
#include "kernel/files.hpp"
#include "kernel/namespace.hpp"

namespace oci::net_devices {
namespace {

using kernel::NetlinkError;
using kernel::RouteSocket;

std::string pointer_to(const NetDevice& device) { return "/linux/netDevices/" + device.host_name; }

Result<Link> find_on_host(RouteSocket& socket, const NetDevice& wanted) {
    auto found = find_link(socket, wanted.host_name);
    if (!found && found.error().code == ENODEV)
        return with(fail(ErrorKind::InvalidConfig,
                         "{}: no such network device in the runtime's network namespace",
                         pointer_to(wanted)),
                    {.code = "device-missing", .hint = "it has to be there before create"});
    Link link = OCI_TRY(
        explain(std::move(found), "{}: cannot look at the network device", pointer_to(wanted)));
    if (link.name != wanted.host_name)
        return with(fail(ErrorKind::InvalidConfig, "{}: is another name of the network device {}",
                         pointer_to(wanted), link.name),
                    {.hint = "write that instead"});
    return link;
}

/// Why a device cannot move, in words that say what to do.
Failure<Error> refusal(const NetDevice& wanted, const NetlinkError& error) {
    const std::string at = pointer_to(wanted);
    if (error.code == EEXIST)
        return fail(ErrorKind::InvalidConfig,
                    "{}/name: \"{}\" is taken in the container's network namespace", at,
                    wanted.name.empty() ? wanted.host_name : wanted.name);
    if (error.code == EPERM)
        return with(fail(ErrorKind::Unsupported,
                         "{}: moving a network device takes CAP_NET_ADMIN in the runtime's network "
                         "namespace and in the container's",
                         at),
                    {.number = EPERM});
    if (error.code == EINVAL || error.code == EOPNOTSUPP)
        return fail(ErrorKind::InvalidConfig, "{}: this network device cannot be moved: {}", at,
                    error.text.empty() ? "it is bound to its network namespace" : error.text);
    return with(Failure{explain(Result<void, NetlinkError>{Failure{error}},
                                "{}: cannot move the network device", at)
                            .error()},
                {.pointer = at});
}

/// A socket keeps the network namespace in which it is made: this thread goes there for that long.
Result<RouteSocket> open_in(FdView there, FdView here) {
    OCI_TRY(explain(kernel::join_namespace(there, CLONE_NEWNET),
                    "/linux/netDevices: cannot enter the container's network namespace"));
    auto socket = RouteSocket::open();
    OCI_TRY(explain(kernel::join_namespace(here, CLONE_NEWNET),
                    "cannot return from the container's network namespace"));
    return explain(std::move(socket),
                   "/linux/netDevices: cannot speak to the container's network namespace");
}

Result<UniqueFd> open_namespace(const std::string& path) {
    return explain(kernel::open_at(kernel::here, path.c_str(), O_RDONLY), "cannot open {}", path);
}

}  // namespace

Result<Plan> plan(const Spec& spec, const host::Facts& facts) {
    const auto& devices = spec.linux_section.net_devices;
    if (!devices.empty() && facts.effective_user != 0)
        return with(
            fail(ErrorKind::Unsupported, "/linux/netDevices: only root can move network devices"),
            {.hint = "leave it out, or run as root"});
    return Plan{devices};
}

Result<void> prepare(const Plan& plan) {
    if (plan.devices.empty()) return {};
    RouteSocket socket =
        OCI_TRY(explain(RouteSocket::open(), "/linux/netDevices: cannot speak to the kernel"));
    for (const NetDevice& device : plan.devices) {
        OCI_TRY(find_on_host(socket, device));
    }
    return {};
}

Result<Moved> prepare_child(const Plan& plan, pid_t pid) {
    Moved moved;
    if (plan.devices.empty()) return moved;
    OCI_TRY(moved.open(pid));
    for (const NetDevice& device : plan.devices) {
        OCI_TRY(moved.take(device));
    }
    return moved;
}

void describe(Features& features) { features.net_devices = true; }

// ---- Moved ----------------------------------------------------------------------------

Moved& Moved::operator=(Moved&& other) noexcept {
    std::swap(host_, other.host_);
    std::swap(container_, other.container_);
    std::swap(devices_, other.devices_);
    return *this;
}

Moved::~Moved() {
    for (; !devices_.empty(); devices_.pop_back()) give_back(devices_.back());
}

void Moved::keep() noexcept {
    devices_.clear();
    host_ = {};
    container_ = {};
}

Result<void> Moved::open(pid_t pid) {
    host_.handle = OCI_TRY(open_namespace("/proc/thread-self/ns/net"));
    container_.handle = OCI_TRY(open_namespace(fmt::format("/proc/{}/ns/net", pid)));
    const auto here = OCI_TRY(explain(kernel::status_of(host_.handle), "network namespace"));
    const auto there = OCI_TRY(explain(kernel::status_of(container_.handle), "network namespace"));
    if (here.st_ino == there.st_ino && here.st_dev == there.st_dev)
        return fail(ErrorKind::InvalidConfig,
                    "/linux/netDevices: the container's network namespace is the runtime's own: "
                    "there is nowhere to move to");
    host_.socket =
        OCI_TRY(explain(RouteSocket::open(), "/linux/netDevices: cannot speak to the kernel"));
    container_.socket = OCI_TRY(open_in(container_.handle, host_.handle));
    return {};
}

Result<void> Moved::take(const NetDevice& wanted) {
    Device device;
    device.before = OCI_TRY(find_on_host(host_.socket, wanted));
    device.index = device.before.index;
    device.addresses = OCI_TRY(explain(find_addresses(host_.socket, device.before.index),
                                       "{}: cannot list its addresses", pointer_to(wanted)));
    return move(wanted, std::move(device));
}

Result<void> Moved::move(const NetDevice& wanted, Device device) {
    const auto moved =
        move_link(host_.socket, device.before.index, container_.handle, wanted.name, device.index);
    if (!moved) {
        // The kernel moves first and renames then: a name that is taken leaves it half-way.
        const auto still_here = find_link(host_.socket, device.before.index);
        if (!still_here && still_here.error().code == ENODEV) devices_.push_back(std::move(device));
        return refusal(wanted, moved.error());
    }
    devices_.push_back(std::move(device));
    return configure(pointer_to(wanted), devices_.back());
}

Result<void> Moved::configure(const std::string& at, const Device& device) {
    const Link link = OCI_TRY(explain(find_link(container_.socket, device.index),
                                      "{}: cannot find the network device again", at));
    for (const Address& address : device.addresses) {
        if (!is_kept(address)) continue;
        const Address renamed = relabelled(address, device.before.name, link.name);
        OCI_TRY(explain(add_address(container_.socket, renamed, device.index),
                        "{}: cannot give {} its address again in the container", at, link.name));
    }
    OCI_TRY(
        explain(set_up(container_.socket, device.index), "{}: cannot set {} up", at, link.name));
    log::debug("network device {} is {} in the container", device.before.name, link.name);
    return {};
}

/// Best effort: what led here is what is reported.
void Moved::give_back(const Device& device) {
    const auto complain = [&](const char* what, const NetlinkError& error) {
        log::warning("network device {}: cannot {}: {}", device.before.name, what,
                     static_cast<Error>(error).message);
    };
    int index = device.before.index;
    const auto moved =
        move_link(container_.socket, device.index, host_.handle, device.before.name, index);
    if (!moved) return complain("take it back from the container", moved.error());
    for (const Address& address : device.addresses) {
        if ((address.flags & IFA_F_TEMPORARY) != 0) continue;  // the kernel makes its own
        const auto added = add_address(host_.socket, address, index);
        if (!added && added.error().code != EEXIST)
            complain("give it its address again", added.error());
    }
    if (device.before.master != 0) {
        const auto joined = set_master(host_.socket, index, device.before.master);
        if (!joined) complain("make it a port again", joined.error());
    }
    if (!device.before.is_up) return;
    const auto up = set_up(host_.socket, index);
    if (!up) complain("set it up again", up.error());
}

}  // namespace oci::net_devices
