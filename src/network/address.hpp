// SPDX-License-Identifier: Apache-2.0
//
// address: addresses of both families, and the networks that they lie in.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace oci::network {

enum class Family : std::uint8_t { V4, V6 };

struct Address {
    Family family = Family::V4;
    std::array<std::uint8_t, 16> bytes{};  ///< In the order of the wire; V4 has the first four.

    [[nodiscard]] std::size_t size() const noexcept { return family == Family::V4 ? 4 : 16; }
    [[nodiscard]] std::span<const std::byte> wire() const noexcept {
        return std::as_bytes(std::span{bytes}.first(size()));
    }
    [[nodiscard]] std::string text() const;
    /// "0.0.0.0" or "::".
    [[nodiscard]] bool is_unspecified() const noexcept { return bytes == decltype(bytes){}; }
    friend bool operator==(const Address&, const Address&) = default;
};

[[nodiscard]] std::optional<Address> parse_address(std::string_view text);
/// From the bytes of the wire: 4 or 16.
[[nodiscard]] std::optional<Address> address_of(std::span<const std::byte> wire);

/// Of the first family alone.
[[nodiscard]] std::uint32_t number_of(const Address& address) noexcept;
[[nodiscard]] Address address_of(std::uint32_t number) noexcept;

/// An address and how many of its bits say which network it lies in.
struct Subnet {
    Address address{};
    unsigned prefix = 0;

    [[nodiscard]] std::string text() const;
    /// Its address without the bits of the host, as "172.19.0.0/16".
    [[nodiscard]] std::string network_text() const;
    [[nodiscard]] bool contains(const Address& other) const noexcept;
    friend bool operator==(const Subnet&, const Subnet&) = default;
};

/// "172.19.0.1/16"; nothing if it is none.
[[nodiscard]] std::optional<Subnet> parse_subnet(std::string_view text);

[[nodiscard]] bool overlap(const Subnet& a, const Subnet& b) noexcept;
/// The last address of the first family's.
[[nodiscard]] Address broadcast_of(const Subnet& subnet) noexcept;
/// The first address of all, and the first that a host may have.
[[nodiscard]] Address first_of(const Subnet& subnet) noexcept;

/// A unique local network (RFC 4193) that the same seed always gives: "fdxx:xxxx:xxxx::1/64".
[[nodiscard]] Subnet unique_local(std::string_view seed) noexcept;

/// The second address of a container: the last 32 bits are its first.
[[nodiscard]] Address embedded(const Subnet& subnet, const Address& v4) noexcept;

}  // namespace oci::network
