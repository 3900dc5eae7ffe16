// SPDX-License-Identifier: Apache-2.0
#include "image/registry/headers.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <limits>

#include "base/text.hpp"

namespace oci::image::registry {
namespace {

constexpr std::size_t most_bytes = 64 * 1024;
constexpr std::size_t most_challenges = 8;
constexpr std::size_t most_parameters = 16;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_same_word(std::string_view one, std::string_view other) {
    return std::ranges::equal(one, other, {}, lower, lower);
}

/// RFC 9110, 5.6.2 "tchar".
bool is_token_char(char c) {
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           marks.find(c) != std::string_view::npos;
}

// ---- challenges -------------------------------------------------------------------

/// A text that is read from its front.
class Reader {
public:
    explicit Reader(std::string_view text) : rest_{text} {}

    [[nodiscard]] bool is_at_end() const { return rest_.empty(); }
    [[nodiscard]] std::string_view rest() const { return rest_; }
    void go_back_to(std::string_view rest) { rest_ = rest; }

    bool skip_blanks() {
        const std::size_t count = std::min(rest_.find_first_not_of(" \t"), rest_.size());
        rest_.remove_prefix(count);
        return count > 0;
    }

    bool take(char wanted) {
        if (rest_.empty() || rest_.front() != wanted) return false;
        rest_.remove_prefix(1);
        return true;
    }

    std::string_view token() {
        const auto end = std::ranges::find_if_not(rest_, is_token_char);
        const std::string_view found =
            rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
        rest_.remove_prefix(found.size());
        return found;
    }

    /// What stands between quotes, with the backslashes taken away.
    std::optional<std::string> quoted() {
        std::string text;
        if (!take('"')) return std::nullopt;
        while (!rest_.empty()) {
            char c = rest_.front();
            rest_.remove_prefix(1);
            if (c == '"') return text;
            if (c == '\\') {
                if (rest_.empty()) return std::nullopt;
                c = rest_.front();
                rest_.remove_prefix(1);
            }
            const auto byte = static_cast<unsigned char>(c);
            if ((byte < 0x20 && c != '\t') || byte == 0x7f) return std::nullopt;
            text += c;
        }
        return std::nullopt;
    }

private:
    std::string_view rest_;
};

enum class Found { Parameter, None, Disorder };

/// NAME=VALUE. None, and nothing read: what stands here is the next scheme.
Found read_parameter(Reader& reader, Challenge& challenge) {
    const std::string_view before = reader.rest();
    const std::string_view name = reader.token();
    reader.skip_blanks();
    if (name.empty() || !reader.take('=')) {
        reader.go_back_to(before);
        return Found::None;
    }
    reader.skip_blanks();
    std::string value;
    if (reader.rest().starts_with('"')) {
        auto quoted = reader.quoted();
        if (!quoted) return Found::Disorder;
        value = *std::move(quoted);
    } else {
        value = reader.token();
        if (value.empty()) return Found::Disorder;
    }
    const std::string key = lower_case(name);
    const bool is_twice = std::ranges::any_of(challenge.parameters,
                                              [&](const auto& one) { return one.first == key; });
    if (is_twice || challenge.parameters.size() == most_parameters) return Found::Disorder;
    challenge.parameters.emplace_back(key, std::move(value));
    return Found::Parameter;
}

/// Blanks and at least one comma, or the end.
bool end_element(Reader& reader) {
    reader.skip_blanks();
    if (reader.is_at_end()) return true;
    bool has_comma = false;
    while (reader.take(',')) {
        has_comma = true;
        reader.skip_blanks();
    }
    return has_comma;
}

bool read_challenge(Reader& reader, Challenge& challenge) {
    challenge.scheme = lower_case(reader.token());
    if (challenge.scheme.empty()) return false;
    const bool has_blank = reader.skip_blanks();
    if (reader.is_at_end() || reader.rest().starts_with(',')) return end_element(reader);
    if (!has_blank) return false;
    for (;;) {
        const Found found = read_parameter(reader, challenge);
        if (found == Found::Disorder) return false;
        // A scheme needs a parameter here, or there would have been a comma.
        if (found == Found::None) return !challenge.parameters.empty();
        if (!end_element(reader)) return false;
        if (reader.is_at_end()) return true;
    }
}

// ---- dates ------------------------------------------------------------------------

constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/// "Sun, 06 Nov 1994 08:49:37 GMT" as Unix time: the one form that may be sent.
std::optional<std::int64_t> parse_date(std::string_view text) {
    constexpr std::string_view form = "Sun, 06 Nov 1994 08:49:37 GMT";
    if (text.size() != form.size() || !text.ends_with(" GMT") || text.substr(3, 2) != ", ")
        return std::nullopt;
    const auto number = [&](std::size_t from, std::size_t size) {
        return parse_number<unsigned>(text.substr(from, size)).value_or(10000);
    };
    const auto month = std::ranges::find(months, text.substr(8, 3));
    std::tm time{};
    time.tm_mday = static_cast<int>(number(5, 2));
    time.tm_mon = static_cast<int>(month - months.begin());
    time.tm_year = static_cast<int>(number(12, 4)) - 1900;
    time.tm_hour = static_cast<int>(number(17, 2));
    time.tm_min = static_cast<int>(number(20, 2));
    time.tm_sec = static_cast<int>(number(23, 2));
    const bool is_date = month != months.end() && time.tm_mday >= 1 && time.tm_mday <= 31 &&
                         time.tm_year >= 70 && time.tm_year < 8100 && time.tm_hour < 24 &&
                         time.tm_min < 60 && time.tm_sec <= 60;
    if (!is_date || text[19] != ':' || text[22] != ':') return std::nullopt;
    return ::timegm(&time);
}

}  // namespace

bool Headers::add(std::string_view line) {
    if (line.starts_with("HTTP/")) {
        clear();
        return true;
    }
    bytes_ += line.size();
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) return bytes_ <= most_bytes;
    const std::string_view name = line.substr(0, colon);
    if (std::ranges::all_of(name, is_token_char))
        fields_.emplace_back(name, trim(line.substr(colon + 1)));
    return bytes_ <= most_bytes;
}

std::optional<std::string_view> Headers::find(std::string_view name) const {
    for (const auto& [known, value] : fields_)
        if (is_same_word(known, name)) return value;
    return std::nullopt;
}

std::vector<std::string_view> Headers::all(std::string_view name) const {
    std::vector<std::string_view> found;
    for (const auto& [known, value] : fields_)
        if (is_same_word(known, name)) found.emplace_back(value);
    return found;
}

std::string_view Challenge::find(std::string_view name) const {
    for (const auto& [known, value] : parameters)
        if (known == name) return value;
    return {};
}

std::optional<std::vector<Challenge>> parse_challenges(std::string_view field) {
    std::vector<Challenge> challenges;
    Reader reader{trim(field)};
    while (!reader.is_at_end()) {
        if (challenges.size() == most_challenges) return std::nullopt;
        if (!read_challenge(reader, challenges.emplace_back())) return std::nullopt;
    }
    return challenges;
}

std::optional<ContentRange> parse_content_range(std::string_view field) {
    constexpr std::string_view unit = "bytes ";
    const std::string_view text = trim(field);
    if (!text.starts_with(unit)) return std::nullopt;
    const std::size_t dash = text.find('-'), slash = text.find('/');
    if (dash == std::string_view::npos || slash == std::string_view::npos || slash < dash)
        return std::nullopt;
    const auto first = parse_number<std::uint64_t>(text.substr(unit.size(), dash - unit.size()));
    const auto last = parse_number<std::uint64_t>(text.substr(dash + 1, slash - dash - 1));
    if (!first || !last || *first > *last || *last == std::numeric_limits<std::uint64_t>::max())
        return std::nullopt;
    ContentRange range{.first = *first, .last = *last};
    if (text.substr(slash + 1) == "*") return range;
    range.size = parse_number<std::uint64_t>(text.substr(slash + 1));
    if (!range.size || *range.size <= *last) return std::nullopt;
    return range;
}

std::optional<std::chrono::seconds> parse_retry_after(std::string_view field, std::int64_t now) {
    constexpr std::int64_t most = std::int64_t{1} << 31U;
    const std::string_view text = trim(field);
    if (const auto seconds = parse_number<std::uint64_t>(text))
        return std::chrono::seconds{std::min<std::uint64_t>(*seconds, most)};
    const auto date = parse_date(text);
    if (!date) return std::nullopt;
    return std::chrono::seconds{std::clamp<std::int64_t>(*date - now, 0, most)};
}

std::string media_type_in(std::string_view field) {
    return lower_case(trim(field.substr(0, field.find(';'))));
}

}  // namespace oci::image::registry
