// SPDX-License-Identifier: Apache-2.0
//
// rules: what nftables is told, as text. All of it is in one table of our own, so that nothing of
// anybody else is touched, and one word removes it.
#pragma once

#include <string>
#include <vector>

#include "network/lease.hpp"

namespace oci::network {

/// The table anew, with all that belongs to these.
[[nodiscard]] std::string whole_table(const std::vector<Network>& networks,
                                      const std::vector<Lease>& leases);
[[nodiscard]] std::string without_table();

/// What leads to the container's published ports. network: the lease's.
[[nodiscard]] std::string added_ports(const Lease& lease, const Network& network);
[[nodiscard]] std::string removed_ports(const Lease& lease, const Network& network);

}  // namespace oci::network
