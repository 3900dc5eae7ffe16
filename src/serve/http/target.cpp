// SPDX-License-Identifier: Apache-2.0
#include "serve/http/target.hpp"

#include <algorithm>
#include <optional>

#include "base/text.hpp"

namespace oci::serve::http {
namespace {

constexpr std::size_t most_parameters = 64;

std::optional<std::string> decode(std::string_view text, bool plus_is_space) {
    std::string decoded;
    for (std::size_t at = 0; at < text.size(); ++at) {
        char one = text[at];
        if (one == '%') {
            const auto value = parse_number<unsigned char>(text.substr(at + 1, 2), 16);
            if (at + 2 >= text.size() || !value) return std::nullopt;
            one = static_cast<char>(*value);
            at += 2;
        } else if (one == '+' && plus_is_space) {
            one = ' ';
        }
        decoded += one;
    }
    return decoded;
}

bool is_text(std::string_view text) {
    return is_utf8(text) && std::ranges::none_of(text, [](char each) {
               return static_cast<unsigned char>(each) < ' ' || each == '\x7f';
           });
}

}  // namespace

Answer<Target> parse_target(std::string_view text) {
    const std::string_view path = text.substr(0, text.find('?'));
    if (!path.starts_with('/'))
        return refuse("invalid-request", "the target of a request begins with \"/\"");
    Target target{.path = std::string{path}};
    for (const std::string_view part : split(path.substr(1), '/')) {
        auto segment = decode(part, false);
        if (!segment || !is_text(*segment))
            return refuse("invalid-name", "the path has an escape or a character that cannot be");
        target.segments.push_back(std::move(*segment));
    }
    if (path.size() == text.size()) return target;
    for (const std::string_view part : split(text.substr(path.size() + 1), '&')) {
        if (part.empty()) continue;
        const std::size_t sign = std::min(part.find('='), part.size());
        auto name = decode(part.substr(0, sign), true);
        auto value = decode(part.substr(std::min(sign + 1, part.size())), true);
        if (!name || !value || !is_text(*name) || !is_text(*value))
            return refuse("invalid-query", "the query has an escape or a character that cannot be");
        if (target.query.size() == most_parameters)
            return refuse("invalid-query", "the query has too many parameters");
        target.query.emplace_back(std::move(*name), std::move(*value));
    }
    return target;
}

}  // namespace oci::serve::http
