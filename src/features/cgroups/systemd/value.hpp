// SPDX-License-Identifier: Apache-2.0
//
// A value of D-Bus with its type: what properties of units are made of, and
// the arguments of calls and answers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace oci::cgroups::systemd {

/// Which member counts follows from the type.
struct Value {
    std::string type;          ///< One complete type: "s", "a(st)".
    std::uint64_t number = 0;  ///< b y n q i u x t: as two's complement; d: its bits.
    std::string text;          ///< s o g
    std::vector<Value> items;  ///< Of an array, a tuple, a dictionary's entry; v: the one inside.

    bool operator==(const Value&) const = default;
};

[[nodiscard]] Value boolean(bool value);
[[nodiscard]] Value uint32(std::uint32_t value);
[[nodiscard]] Value uint64(std::uint64_t value);
[[nodiscard]] Value string(std::string_view text);
[[nodiscard]] Value strings(const std::vector<std::string>& texts);
[[nodiscard]] Value bytes(const std::vector<std::uint8_t>& bytes);
[[nodiscard]] Value tuple(std::vector<Value> items);
[[nodiscard]] Value variant(Value inside);
/// element: the type of the items, which an empty array has, too.
[[nodiscard]] Value array(std::string_view element, std::vector<Value> items);

/// How much of a signature its first complete type takes; 0 if it begins with none.
[[nodiscard]] std::size_t type_length(std::string_view signature) noexcept;

/// A property of a unit.
struct Property {
    std::string name;
    Value value;

    bool operator==(const Property&) const = default;
};

using Properties = std::vector<Property>;

/// Replaces the one of the same name, or adds it.
void set(Properties& properties, Property property);

/// As the argument a(sv) of the manager's calls.
[[nodiscard]] Value arguments_of(const Properties& properties);

}  // namespace oci::cgroups::systemd
