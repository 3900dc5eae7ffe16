// SPDX-License-Identifier: Apache-2.0
//
// The smallest parts of GVariant's text form: quoted strings and numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace oci::cgroups::systemd::literals {

/// The string in quotes that begins at a byte of a text, which then is the one behind it.
[[nodiscard]] std::optional<std::string> take_string(std::string_view text, std::size_t& at);

/// wanted: the type's code, or 0; then by the look of it: i or d.
[[nodiscard]] char type_of_number(std::string_view word, char wanted) noexcept;

/// As Value::number; nothing if it is none, or beyond the type's range.
[[nodiscard]] std::optional<std::uint64_t> parse_number_as(std::string_view word, char type);

[[nodiscard]] bool is_object_path(std::string_view text) noexcept;
[[nodiscard]] bool is_signature(std::string_view text) noexcept;

}  // namespace oci::cgroups::systemd::literals
