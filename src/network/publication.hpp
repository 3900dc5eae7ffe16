// SPDX-License-Identifier: Apache-2.0
//
// publication: ports of the host that lead to ports of a container.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "network/address.hpp"
#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"

namespace oci::network {

enum class Protocol : std::uint8_t { Tcp, Udp };

[[nodiscard]] std::string_view name_of(Protocol protocol) noexcept;

/// So many ports in a row.
struct Publication {
    std::optional<Address> address{};  ///< Of the host; none: all of both families.
    std::uint16_t host = 0;            ///< 0: any that is free.
    std::uint16_t container = 0;
    std::uint16_t count = 1;
    Protocol protocol = Protocol::Tcp;

    /// "127.0.0.1:8080:80/tcp", "[::1]:8000-8001:80-81/udp"
    [[nodiscard]] std::string text() const;
    [[nodiscard]] bool has(Family family) const noexcept {
        return !address || address->family == family;
    }
    friend bool operator==(const Publication&, const Publication&) = default;
};

/// text() of each.
[[nodiscard]] std::vector<std::string> texts_of(const std::vector<Publication>& ports);

/// "[IP:]HOST:CONTAINER[/tcp|udp]" or "CONTAINER". HOST and CONTAINER may be ranges of one size;
/// HOST may be empty. A range of ports without numbers of the host becomes one for each.
[[nodiscard]] Result<std::vector<Publication>> parse_publication(std::string_view text);

/// Whether both want the same port of the same address.
[[nodiscard]] bool collide(const Publication& a, const Publication& b) noexcept;

}  // namespace oci::network
