// SPDX-License-Identifier: Apache-2.0
//
// net_devices: network devices of the runtime's network namespace that move
// into the container's, with their lasting addresses. Nothing moves them back
// but a create that fails.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "features/net_devices/links.hpp"
#include "host/facts.hpp"
#include "kernel/netlink.hpp"
#include "oci-rt/error.hpp"
#include "oci-rt/features.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/spec.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::net_devices {

struct Plan {
    std::vector<NetDevice> devices;
};

/// Devices that are in the container by now. On destruction without keep() they return to where
/// they were, with name, addresses, bridge and state.
class Moved {
public:
    Moved() = default;
    Moved(Moved&&) = default;
    Moved& operator=(Moved&& other) noexcept;
    Moved(const Moved&) = delete;
    Moved& operator=(const Moved&) = delete;
    ~Moved();

    /// Lets them stay, and closes all descriptors.
    void keep() noexcept;

private:
    friend Result<Moved> prepare_child(const Plan&, pid_t);

    /// A network namespace, and who answers for it.
    struct Side {
        UniqueFd handle;
        kernel::RouteSocket socket;
    };
    struct Device {
        Link before;
        std::vector<Address> addresses;
        int index = 0;  ///< In the container.
    };

    Result<void> open(pid_t pid);
    Result<void> take(const NetDevice& wanted);
    Result<void> move(const NetDevice& wanted, Device device);
    Result<void> configure(const std::string& at, const Device& device);
    void give_back(const Device& device);

    Side host_;
    Side container_;
    std::vector<Device> devices_;
};

/// Unsupported for callers who are not root.
Result<Plan> plan(const Spec& spec, const host::Facts& facts);

/// Before the clone: all devices are there. InvalidConfig if not.
Result<void> prepare(const Plan& plan);

/// After the clone: into the network namespace of a process that does nothing yet.
Result<Moved> prepare_child(const Plan& plan, pid_t pid);

void describe(Features& features);

}  // namespace oci::net_devices
