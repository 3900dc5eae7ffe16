// SPDX-License-Identifier: Apache-2.0
//
// constexpr tables between names and values, searched both ways.
#pragma once

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

namespace oci {

template <typename Value>
using Named = std::pair<std::string_view, Value>;

/// The value of a name in a table (any range of Named<Value>).
template <typename Table>
[[nodiscard]] constexpr auto value_named(const Table& table, std::string_view name) noexcept
    -> std::optional<decltype(std::begin(table)->second)> {
    for (const auto& [known, value] : table)
        if (known == name) return value;
    return std::nullopt;
}

/// The first name of a value in a table; empty if there is none.
template <typename Table, typename Value>
[[nodiscard]] constexpr std::string_view name_of_value(const Table& table,
                                                       const Value& wanted) noexcept {
    for (const auto& [name, value] : table)
        if (value == wanted) return name;
    return {};
}

}  // namespace oci
