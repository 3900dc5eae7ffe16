// SPDX-License-Identifier: Apache-2.0
//
// hosts file: the container's own name with the addresses that it has got, in its /etc/hosts.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "network/address.hpp"
#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"

namespace oci::network {

/// The text with our lines, in place of those that were ours.
[[nodiscard]] std::string with_addresses(std::string_view text, std::string_view hostname,
                                         const Address& v4, const std::optional<Address>& v6);

/// The file as it is, since a container may have it mounted already.
[[nodiscard]] Result<void> write_hosts(const std::string& path, std::string_view hostname,
                                       const Address& v4, const std::optional<Address>& v6);

}  // namespace oci::network
