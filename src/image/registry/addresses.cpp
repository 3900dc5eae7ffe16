// SPDX-License-Identifier: Apache-2.0
#include "image/registry/addresses.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace oci::image::registry {
namespace {

struct Network4 {
    std::uint32_t address;
    unsigned bits;
};

constexpr std::uint32_t four(unsigned a, unsigned b, unsigned c = 0) {
    return a << 24U | b << 16U | c << 8U;
}

/// IANA's special purpose registry, as far as it is not reachable from everywhere, and multicast.
constexpr std::array closed4{
    Network4{four(0, 0), 8},          Network4{four(10, 0), 8},
    Network4{four(100, 64), 10},      Network4{four(127, 0), 8},
    Network4{four(169, 254), 16},     Network4{four(172, 16), 12},
    Network4{four(192, 0, 0), 24},    Network4{four(192, 0, 2), 24},
    Network4{four(192, 168), 16},     Network4{four(198, 18), 15},
    Network4{four(198, 51, 100), 24}, Network4{four(203, 0, 113), 24},
    Network4{four(224, 0), 3},
};

bool is_public4(std::uint32_t address) {
    return std::ranges::none_of(closed4, [&](const Network4& network) {
        return (address ^ network.address) >> (32 - network.bits) == 0;
    });
}

std::uint32_t word(const in6_addr& address, std::size_t at) {
    std::uint32_t value = 0;
    std::memcpy(&value, &address.s6_addr[at], sizeof value);
    return ntohl(value);
}

bool is_public6(const in6_addr& address) {
    const std::uint32_t head = word(address, 0);
    const bool is_low = head == 0 && word(address, 4) == 0;
    if (is_low && word(address, 8) == 0xffff) return is_public4(word(address, 12));
    constexpr std::uint32_t nat64 = 0x0064ff9b, six_to_four = 0x2002, documentation = 0x20010db8;
    if (head == nat64 && word(address, 4) == 0 && word(address, 8) == 0)
        return is_public4(word(address, 12));
    if (head >> 16U == six_to_four) return is_public4(word(address, 2));
    // 2000::/3 is all that is given out, but Teredo and what is beside it.
    return head >> 29U == 1 && head != documentation && head >> 9U != 0x20010000U >> 9U;
}

}  // namespace

bool is_public(const sockaddr& address) noexcept {
    if (address.sa_family == AF_INET) {
        sockaddr_in inet{};
        std::memcpy(&inet, &address, sizeof inet);
        return is_public4(ntohl(inet.sin_addr.s_addr));
    }
    if (address.sa_family == AF_INET6) {
        sockaddr_in6 inet{};
        std::memcpy(&inet, &address, sizeof inet);
        return is_public6(inet.sin6_addr);
    }
    return false;
}

}  // namespace oci::image::registry
