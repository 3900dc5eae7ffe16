// SPDX-License-Identifier: Apache-2.0
#include "cli/amounts.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

#include "base/text.hpp"

namespace oci::cli {
namespace {

/// A number with or without a fraction, and what follows it.
struct Quantity {
    double number = 0;
    std::string_view rest;
};

std::optional<Quantity> take_quantity(std::string_view text) {
    constexpr std::string_view digits = "0123456789";
    const std::size_t point = std::min(text.find_first_not_of(digits), text.size());
    const auto whole = parse_number<std::uint64_t>(text.substr(0, point));
    if (!whole) return std::nullopt;
    Quantity quantity{static_cast<double>(*whole), text.substr(point)};
    if (!quantity.rest.starts_with('.')) return quantity;
    quantity.rest.remove_prefix(1);
    const std::size_t end = std::min(quantity.rest.find_first_not_of(digits), quantity.rest.size());
    if (end == 0) return std::nullopt;
    double place = 1;
    for (const char digit : quantity.rest.substr(0, end))
        quantity.number += (digit - '0') * (place /= 10);
    quantity.rest.remove_prefix(end);
    return quantity;
}

struct TimeUnit {
    std::string_view name;
    double milliseconds;
};
/// Longer names first: "ms" is not minutes.
constexpr std::array time_units{TimeUnit{"ms", 1}, TimeUnit{"s", 1000}, TimeUnit{"m", 60'000},
                                TimeUnit{"h", 3'600'000}};

}  // namespace

std::optional<std::int64_t> parse_size(std::string_view text) {
    constexpr double beyond = 9.2e18;
    const auto quantity = take_quantity(text);
    if (!quantity) return std::nullopt;
    std::string unit{quantity->rest};
    std::ranges::transform(unit, unit.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (unit.ends_with('b')) unit.pop_back();
    if (unit.size() > 1 && unit.ends_with('i')) unit.pop_back();
    constexpr std::string_view units = "kmgtp";
    double factor = 1;
    if (!unit.empty()) {
        const std::size_t power = units.find(unit[0]);
        if (unit.size() != 1 || power == std::string_view::npos) return std::nullopt;
        for (std::size_t i = 0; i <= power; ++i) factor *= 1024;
    }
    // Exact where it is a plain number of bytes: a double is not, from 2^53 on.
    if (factor == 1 && text.find('.') == std::string_view::npos)
        return parse_number<std::int64_t>(text.substr(0, text.size() - quantity->rest.size()));
    const double bytes = quantity->number * factor;
    if (bytes >= beyond) return std::nullopt;
    return static_cast<std::int64_t>(bytes);
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
    constexpr double longest = 1e12;
    double total = 0;
    do {
        const auto quantity = take_quantity(text);
        if (!quantity) return std::nullopt;
        if (quantity->rest.empty() && total == 0) {
            total = quantity->number * 1000;
            break;
        }
        const auto* const unit = std::ranges::find_if(time_units, [&](const TimeUnit& each) {
            return quantity->rest.starts_with(each.name);
        });
        if (unit == time_units.end()) return std::nullopt;
        total += quantity->number * unit->milliseconds;
        text = quantity->rest.substr(unit->name.size());
    } while (!text.empty());
    if (total > longest) return std::nullopt;
    return std::chrono::milliseconds{static_cast<std::int64_t>(total)};
}

std::string size_text(std::uint64_t bytes) {
    constexpr std::array<std::string_view, 6> units{"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    auto number = static_cast<double>(bytes);
    std::size_t unit = 0;
    for (; number >= 1024 && unit + 1 < units.size(); ++unit) number /= 1024;
    if (unit == 0 || number >= 100) return fmt::format("{:.0f}{}", number, units[unit]);
    return fmt::format("{:.4g}{}", number, units[unit]);
}

}  // namespace oci::cli
