// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/systemd/text_literals.hpp"

#include <array>
#include <bit>
#include <limits>

#include "base/named_values.hpp"
#include "base/text.hpp"
#include "features/cgroups/systemd/value.hpp"

namespace oci::cgroups::systemd::literals {
namespace {

constexpr std::array escapes{
    std::pair{'a', '\a'},  std::pair{'b', '\b'}, std::pair{'f', '\f'}, std::pair{'n', '\n'},
    std::pair{'r', '\r'},  std::pair{'t', '\t'}, std::pair{'v', '\v'}, std::pair{'\\', '\\'},
    std::pair{'\'', '\''}, std::pair{'"', '"'},
};

void append_utf8(std::uint32_t code, std::string& text) {
    const auto add = [&](std::uint32_t byte) { text += static_cast<char>(byte); };
    if (code < 0x80) return add(code);
    if (code < 0x800) {
        add(0xc0U | code >> 6U);
    } else if (code < 0x10000) {
        add(0xe0U | code >> 12U);
        add(0x80U | (code >> 6U & 0x3fU));
    } else {
        add(0xf0U | code >> 18U);
        add(0x80U | (code >> 12U & 0x3fU));
        add(0x80U | (code >> 6U & 0x3fU));
    }
    add(0x80U | (code & 0x3fU));
}

/// What follows a backslash; false if it is nothing known.
bool take_escape(std::string_view text, std::size_t& at, std::string& out) {
    if (at >= text.size()) return false;
    const char code = text[at++];
    for (const auto& [letter, byte] : escapes) {
        if (letter != code) continue;
        out += byte;
        return true;
    }
    if (code != 'u' && code != 'U') return false;
    const std::size_t digits = code == 'u' ? 4 : 8;
    const auto number = parse_number<std::uint32_t>(text.substr(at, digits), 16);
    if (text.size() - at < digits || !number || *number == 0 || *number > 0x10ffff) return false;
    append_utf8(*number, out);
    at += digits;
    return true;
}

struct Range {
    char type;
    std::int64_t least;
    std::uint64_t most;
};
template <typename Number>
constexpr Range range_of(char type) {
    return {type,
            std::numeric_limits<Number>::min() < 0
                ? static_cast<std::int64_t>(std::numeric_limits<Number>::min())
                : 0,
            static_cast<std::uint64_t>(std::numeric_limits<Number>::max())};
}
constexpr std::array ranges{
    range_of<std::uint8_t>('y'),  range_of<std::int16_t>('n'),  range_of<std::uint16_t>('q'),
    range_of<std::int32_t>('i'),  range_of<std::uint32_t>('u'), range_of<std::int64_t>('x'),
    range_of<std::uint64_t>('t'),
};

std::optional<std::uint64_t> parse_double(std::string_view word) {
    if (word.starts_with('+')) word.remove_prefix(1);
    double number = 0;
    const char* end = word.data() + word.size();
    const auto [stop, error] = std::from_chars(word.data(), end, number);
    if (error != std::errc{} || stop != end || word.empty()) return std::nullopt;
    return std::bit_cast<std::uint64_t>(number);
}

/// 0x10, 020, 16
std::optional<std::uint64_t> parse_magnitude(std::string_view word) {
    if (word.starts_with("0x") || word.starts_with("0X"))
        return parse_number<std::uint64_t>(word.substr(2), 16);
    const bool is_octal = word.size() > 1 && word.front() == '0';
    return parse_number<std::uint64_t>(word, is_octal ? 8 : 10);
}

}  // namespace

std::optional<std::string> take_string(std::string_view text, std::size_t& at) {
    const char quote = text[at++];
    std::string out;
    while (at < text.size()) {
        const char byte = text[at++];
        if (byte == quote) return out;
        if (byte != '\\')
            out += byte;
        else if (!take_escape(text, at, out))
            return std::nullopt;
    }
    return std::nullopt;
}

char type_of_number(std::string_view word, char wanted) noexcept {
    if (wanted != '\0') return wanted;
    const bool is_hexadecimal = word.find_first_of("xX") != std::string_view::npos;
    const bool is_fraction = word.find_first_of(".eEn") != std::string_view::npos;
    return is_fraction && !is_hexadecimal ? 'd' : 'i';
}

std::optional<std::uint64_t> parse_number_as(std::string_view word, char type) {
    if (type == 'd') return parse_double(word);
    const bool is_negative = word.starts_with('-');
    if (is_negative || word.starts_with('+')) word.remove_prefix(1);
    const auto magnitude = parse_magnitude(word);
    for (const Range& range : ranges) {
        if (range.type != type || !magnitude) continue;
        const std::uint64_t lowest = std::uint64_t{0} - static_cast<std::uint64_t>(range.least);
        if (is_negative) return *magnitude <= lowest ? std::optional{0 - *magnitude} : std::nullopt;
        return *magnitude <= range.most ? magnitude : std::nullopt;
    }
    return std::nullopt;
}

bool is_object_path(std::string_view text) noexcept {
    if (text == "/") return true;
    if (!text.starts_with('/') || text.ends_with('/')) return false;
    if (text.find("//") != std::string_view::npos) return false;
    return text.find_first_not_of(
               "/_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") ==
           std::string_view::npos;
}

bool is_signature(std::string_view text) noexcept {
    while (!text.empty()) {
        const std::size_t length = type_length(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

}  // namespace oci::cgroups::systemd::literals
