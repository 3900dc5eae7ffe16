// SPDX-License-Identifier: Apache-2.0
//
// addresses: which hosts a request may reach. A service that fetches what others ask for must not
// be led to its own network (SSRF).
#pragma once

#include <cstdint>

struct sockaddr;

namespace oci::image::registry {

enum class Reach : std::uint8_t {
    Anywhere,  ///< Whoever asks may go there by themselves.
    Public,    ///< Only addresses of the internet, unless a host is named as allowed.
};

/// Neither of this host, nor of a private network, nor of the link; what carries an address of
/// IPv4 inside (v4-mapped, NAT64, 6to4) is judged by that.
[[nodiscard]] bool is_public(const sockaddr& address) noexcept;

}  // namespace oci::image::registry
