// SPDX-License-Identifier: Apache-2.0
#include "network/state_document.hpp"

#include "base/text.hpp"

namespace oci::network {
namespace {

/// Where a string ends that begins at `at`: behind its quote. npos: nowhere.
std::size_t end_of_string(std::string_view text, std::size_t at) noexcept {
    for (++at; at < text.size(); ++at) {
        if (text[at] == '\\')
            ++at;
        else if (text[at] == '"')
            return at + 1;
    }
    return std::string_view::npos;
}

std::size_t skip_blanks(std::string_view text, std::size_t at) noexcept {
    const std::size_t next = text.find_first_not_of(" \t\r\n", at);
    return next == std::string_view::npos ? text.size() : next;
}

std::optional<pid_t> number_at(std::string_view text, std::size_t at) noexcept {
    const std::string_view rest = text.substr(at);
    const auto pid = parse_number<pid_t>(rest.substr(0, rest.find_first_not_of("0123456789")));
    return pid && *pid > 0 ? pid : std::nullopt;
}

}  // namespace

std::optional<pid_t> pid_in(std::string_view text) noexcept {
    int depth = 0;
    for (std::size_t at = skip_blanks(text, 0); at < text.size();) {
        const char c = text[at];
        if (c == '{' || c == '[') ++depth;
        if (c == '}' || c == ']') --depth;
        if (depth <= 0) return std::nullopt;
        if (c != '"') {
            ++at;
            continue;
        }
        const std::size_t end = end_of_string(text, at);
        if (end == std::string_view::npos) return std::nullopt;
        const std::size_t next = skip_blanks(text, end);
        const bool is_key = next < text.size() && text[next] == ':';
        if (depth == 1 && is_key && text.substr(at, end - at) == "\"pid\"")
            return number_at(text, skip_blanks(text, next + 1));
        at = is_key ? next + 1 : end;
    }
    return std::nullopt;
}

}  // namespace oci::network
