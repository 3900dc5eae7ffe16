// SPDX-License-Identifier: Apache-2.0
//
// tally: how many connections and requests there were, and how long their answers took. As many
// numbers as there are routes, whatever clients send.
#pragma once

#include <array>
#include <chrono>
#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace oci::serve::http {

/// What was asked, and with what it was answered. No route: "other", and so is its method.
struct Kind {
    std::string route{};
    std::string method{};
    unsigned status = 0;
    auto operator<=>(const Kind&) const = default;
};

/// Until an answer, or a stream, began.
struct Durations {
    static constexpr std::array<std::uint64_t, 6> bounds{5'000,   25'000,    100'000,
                                                         500'000, 2'500'000, 10'000'000};
    std::array<std::uint64_t, bounds.size()> within{};  ///< Each with those of the ones before.
    std::uint64_t count = 0;
    std::uint64_t sum = 0;  ///< microseconds, as the bounds
};

struct Tally {
    std::size_t connections = 0;  ///< Now.
    std::uint64_t accepted = 0;
    std::map<Kind, std::uint64_t> requests{};
    std::map<std::string, Durations, std::less<>> durations{};  ///< By route.

    void count(std::string_view route, std::string_view method, unsigned status,
               std::chrono::microseconds duration);
    /// One that was refused before anybody knew what it asks.
    void count_refused(unsigned status);
};

}  // namespace oci::serve::http
