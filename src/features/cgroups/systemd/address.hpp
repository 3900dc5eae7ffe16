// SPDX-License-Identifier: Apache-2.0
//
// Where a service manager can be spoken to: by way of a message bus, or at its
// own socket where there is no bus.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace oci::cgroups::systemd {

enum class Peer : unsigned char { Bus, Manager };

struct Address {
    std::string socket;  ///< A path, or "@name" in the abstract namespace.
    Peer peer = Peer::Bus;

    bool operator==(const Address&) const = default;
};

/// All in the order of trying.
[[nodiscard]] std::vector<Address> addresses_of_system();

/// session_bus: a list of D-Bus addresses, of which those of Unix sockets are understood.
/// runtime_directory: XDG_RUNTIME_DIR. Either may be empty.
[[nodiscard]] std::vector<Address> addresses_of_user(std::string_view session_bus,
                                                     std::string_view runtime_directory);

}  // namespace oci::cgroups::systemd
