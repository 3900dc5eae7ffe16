// SPDX-License-Identifier: Apache-2.0
#include "serve/containers/name.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "serve/containers/sha256.hpp"

namespace oci::serve {
namespace {

constexpr std::size_t longest_name = 255;
constexpr std::size_t longest_tag = 128;
constexpr std::size_t longest_reference = 400;

bool is_digit(char each) { return each >= '0' && each <= '9'; }
bool is_small(char each) { return (each >= 'a' && each <= 'z') || is_digit(each); }
bool is_alphanumeric(char each) { return is_small(each) || (each >= 'A' && each <= 'Z'); }

/// "a", "a.b", "a__b", "a---b": separators stand between letters and digits.
bool is_component(std::string_view text) {
    if (text.empty() || !is_small(text.front()) || !is_small(text.back())) return false;
    for (std::size_t at = 0; at < text.size();) {
        if (is_small(text[at])) {
            ++at;
            continue;
        }
        const char separator = text[at];
        std::size_t count = 0;
        while (text[at] == separator) ++at, ++count;
        const bool fits = separator == '-' || (separator == '.' && count == 1) ||
                          (separator == '_' && count <= 2);
        if (!fits || !is_small(text[at])) return false;
    }
    return true;
}

bool is_repository(std::string_view text) {
    return std::ranges::all_of(split(text, '/'), is_component);
}

bool is_tag(std::string_view text) {
    return !text.empty() && text.size() <= longest_tag &&
           (is_alphanumeric(text[0]) || text[0] == '_') && std::ranges::all_of(text, [](char each) {
               return is_alphanumeric(each) || each == '_' || each == '.' || each == '-';
           });
}

/// "localhost", "quay.io", "127.0.0.1", each with a port or without.
bool is_host(std::string_view text) {
    const std::size_t colon = text.find(':');
    const std::string_view name = text.substr(0, colon);
    if (colon != std::string_view::npos && !parse_number<std::uint16_t>(text.substr(colon + 1)))
        return false;
    return std::ranges::all_of(split(name, '.'), [](std::string_view part) {
        return !part.empty() && part.front() != '-' && part.back() != '-' &&
               std::ranges::all_of(part,
                                   [](char each) { return is_alphanumeric(each) || each == '-'; });
    });
}

bool is_digest(std::string_view text) {
    constexpr std::string_view algorithm = "sha256:";
    constexpr std::size_t digits = 64;
    if (!text.starts_with(algorithm) || text.size() != algorithm.size() + digits) return false;
    return std::ranges::all_of(text.substr(algorithm.size()), [](char each) {
        return is_digit(each) || (each >= 'a' && each <= 'f');
    });
}

bool names_host(std::string_view first) {
    return first == "localhost" || first.find_first_of(".:") != std::string_view::npos;
}

}  // namespace

std::optional<Name> parse_name(std::string_view text) {
    if (text.size() > longest_name) return std::nullopt;
    const std::size_t colon = text.rfind(':');
    const bool has_tag = colon != std::string_view::npos;
    const std::string_view name = text.substr(0, colon);
    const std::string_view tag = has_tag ? text.substr(colon + 1) : "latest";
    if (!is_repository(name) || !is_tag(tag)) return std::nullopt;
    return Name{std::string{name}, std::string{tag}};
}

std::string runtime_id(const Name& name) {
    constexpr std::size_t longest_slug = 40;
    constexpr std::size_t digits = 8;
    std::string slug = name.name + "_" + name.tag;
    for (char& each : slug)
        if (!is_small(each) && each != '.' && each != '-') each = '_';
    return slug.substr(0, longest_slug) + "-" + sha256_hex(name.text()).substr(0, digits);
}

std::string image_of(const Name& name) {
    const std::size_t slash = name.name.find('/');
    if (slash == std::string::npos) return "docker.io/library/" + name.text();
    if (names_host(std::string_view{name.name}.substr(0, slash))) return name.text();
    return "docker.io/" + name.text();
}

bool is_image_reference(std::string_view text) {
    if (text.empty() || text.size() > longest_reference) return false;
    // An id, or half a digest: not what a registry could be asked for.
    if (text.starts_with("sha256:")) return false;
    const std::size_t at = text.find('@');
    if (at != std::string_view::npos && !is_digest(text.substr(at + 1))) return false;
    std::string_view rest = text.substr(0, at);
    const std::size_t slash = rest.find('/');
    if (slash != std::string_view::npos && names_host(rest.substr(0, slash))) {
        if (!is_host(rest.substr(0, slash))) return false;
        rest.remove_prefix(slash + 1);
    }
    const std::size_t colon = rest.find(':');
    if (colon != std::string_view::npos && !is_tag(rest.substr(colon + 1))) return false;
    return is_repository(rest.substr(0, colon));
}

std::string_view registry_of(std::string_view reference) {
    const std::size_t slash = reference.find('/');
    const bool is_host = slash != std::string_view::npos && names_host(reference.substr(0, slash));
    return is_host ? reference.substr(0, slash) : std::string_view{"docker.io"};
}

}  // namespace oci::serve
