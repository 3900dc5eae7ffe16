// SPDX-License-Identifier: Apache-2.0
//
// Small words about text: split, numbers, quoting. Strict where it reads.
#pragma once

#include <charconv>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace oci {

/// The whole text as a decimal number: digits only (and "-" where signed), in range.
template <std::integral Number>
[[nodiscard]] std::optional<Number> parse_number(std::string_view text, int base = 10) noexcept {
    Number number{};
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number, base);
    if (error != std::errc{} || stop != end || text.empty()) return std::nullopt;
    return number;
}

[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);
[[nodiscard]] std::string_view trim(std::string_view text) noexcept;

/// Control bytes, ESC, DEL and invalid UTF-8 as \xNN, so that no text of a
/// container can drive the terminal that shows a message.
[[nodiscard]] std::string escape_for_display(std::string_view text);

/// The same in at most so many bytes; "..." at the end says that there was more.
[[nodiscard]] std::string display_text(std::string_view text, std::size_t most);

/// Of A to Z alone, whatever the locale.
[[nodiscard]] std::string lower_case(std::string_view text);

/// Whether the bytes are well-formed UTF-8 (RFC 3629).
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

/// The text as a JSON string with its quotes.
[[nodiscard]] std::string json_quoted(std::string_view text);

}  // namespace oci
