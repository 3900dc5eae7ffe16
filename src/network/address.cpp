// SPDX-License-Identifier: Apache-2.0
#include "network/address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "base/text.hpp"

namespace oci::network {
namespace {

int number_of(Family family) noexcept { return family == Family::V4 ? AF_INET : AF_INET6; }

/// What is left of an address if only so many bits count.
Address masked(const Address& address, unsigned prefix) noexcept {
    Address result = address;
    for (std::size_t i = 0; i < result.bytes.size(); ++i) {
        const std::size_t bits = std::clamp<std::size_t>(prefix, i * 8, i * 8 + 8) - i * 8;
        result.bytes[i] = static_cast<std::uint8_t>(result.bytes[i] & (0xFF00U >> bits));
    }
    return result;
}

/// FNV-1a: no secret, only the same for the same.
std::uint64_t hash_of(std::string_view text) noexcept {
    std::uint64_t hash = 0xCBF29CE484222325U;
    for (const char c : text) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001B3U;
    return hash;
}

}  // namespace

std::string Address::text() const {
    std::array<char, INET6_ADDRSTRLEN> buffer{};
    ::inet_ntop(number_of(family), bytes.data(), buffer.data(), buffer.size());
    return buffer.data();
}

std::optional<Address> parse_address(std::string_view text) {
    const std::string terminated{text};
    Address address;
    if (text.find(':') != std::string_view::npos) address.family = Family::V6;
    if (text.find('\0') != std::string_view::npos) return std::nullopt;
    if (::inet_pton(number_of(address.family), terminated.c_str(), address.bytes.data()) != 1)
        return std::nullopt;
    return address;
}

std::optional<Address> address_of(std::span<const std::byte> wire) {
    Address address;
    if (wire.size() == address.bytes.size()) address.family = Family::V6;
    if (wire.size() != address.size()) return std::nullopt;
    std::memcpy(address.bytes.data(), wire.data(), wire.size());
    return address;
}

std::uint32_t number_of(const Address& address) noexcept {
    const auto& b = address.bytes;
    return std::uint32_t{b[0]} << 24U | std::uint32_t{b[1]} << 16U | std::uint32_t{b[2]} << 8U |
           b[3];
}

Address address_of(std::uint32_t number) noexcept {
    Address address;
    for (std::size_t i = 0; i < 4; ++i)
        address.bytes[i] = static_cast<std::uint8_t>(number >> (24U - 8U * i));
    return address;
}

std::string Subnet::text() const { return fmt::format("{}/{}", address.text(), prefix); }

std::string Subnet::network_text() const {
    return fmt::format("{}/{}", masked(address, prefix).text(), prefix);
}

bool Subnet::contains(const Address& other) const noexcept {
    return other.family == address.family && masked(address, prefix) == masked(other, prefix);
}

std::optional<Subnet> parse_subnet(std::string_view text) {
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const auto address = parse_address(text.substr(0, slash));
    const auto prefix = parse_number<unsigned>(text.substr(slash + 1));
    if (!address || !prefix || *prefix > address->size() * 8) return std::nullopt;
    return Subnet{*address, *prefix};
}

bool overlap(const Subnet& a, const Subnet& b) noexcept {
    const unsigned prefix = std::min(a.prefix, b.prefix);
    return Subnet{a.address, prefix}.contains(b.address);
}

Address broadcast_of(const Subnet& subnet) noexcept {
    const std::uint32_t hosts = static_cast<std::uint32_t>(0xFFFFFFFFU >> subnet.prefix);
    return address_of(number_of(subnet.address) | hosts);
}

Address first_of(const Subnet& subnet) noexcept { return masked(subnet.address, subnet.prefix); }

Subnet unique_local(std::string_view seed) noexcept {
    constexpr std::size_t random_bytes = 5;
    const std::uint64_t hash = hash_of(seed);
    Address address{.family = Family::V6};
    address.bytes[0] = 0xFD;
    for (std::size_t i = 0; i < random_bytes; ++i)
        address.bytes[i + 1] = static_cast<std::uint8_t>(hash >> (16U + 8U * i));
    address.bytes.back() = 1;
    return {address, 64};
}

Address embedded(const Subnet& subnet, const Address& v4) noexcept {
    Address address = masked(subnet.address, subnet.prefix);
    std::copy_n(v4.bytes.begin(), 4, address.bytes.end() - 4);
    return address;
}

}  // namespace oci::network
