// SPDX-License-Identifier: Apache-2.0
#include "spec/names.hpp"

#include <algorithm>
#include <cctype>
#include <numeric>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.hpp"

namespace oci::spec {
namespace {

constexpr std::size_t longest_shown = 64;

char lower(char c) noexcept {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

/// How many letters to insert, remove or replace; case does not count.
std::size_t distance(std::string_view one, std::string_view two) {
    std::vector<std::size_t> row(two.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < one.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < two.size(); ++j) {
            const std::size_t replaced = diagonal + (lower(one[i]) == lower(two[j]) ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row.back();
}

}  // namespace

std::string nearest_name(std::string_view name, const std::vector<std::string_view>& known) {
    constexpr std::size_t close = 2;
    const std::string_view start = name.substr(0, longest_shown);
    const auto nearest = std::ranges::min_element(
        known, {}, [&](std::string_view word) { return distance(start, word); });
    if (nearest == known.end() || distance(start, *nearest) > close) return {};
    return std::string{*nearest};
}

std::string unknown_name(std::string_view name, const std::vector<std::string_view>& known) {
    const std::string_view shown = name.substr(0, longest_shown);
    const std::string nearest = nearest_name(name, known);
    if (!nearest.empty())
        return fmt::format("unknown value \"{}\" (did you mean \"{}\"?)", escape_for_display(shown),
                           nearest);
    return fmt::format("unknown value \"{}\" (known: {})", escape_for_display(shown),
                       fmt::join(known, " "));
}

}  // namespace oci::spec
