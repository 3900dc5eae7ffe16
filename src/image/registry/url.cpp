// SPDX-License-Identifier: Apache-2.0
#include "image/registry/url.hpp"

#include <arpa/inet.h>

#include <algorithm>

#include <fmt/format.h>

#include "base/explain.hpp"
#include "base/text.hpp"

namespace oci::image::registry {
namespace {

constexpr std::size_t longest_url = 16384;  // bytes; signed addresses of blobs are long

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

std::uint16_t usual_port(std::string_view scheme) { return scheme == "https" ? 443 : 80; }

Failure<Error> refuse(std::string_view text, std::string_view why) {
    // What follows "?" may be a signature, and what stands before "@" a password.
    std::string_view shown = text.substr(0, text.find('?'));
    const std::size_t at = shown.rfind('@');
    if (at != std::string_view::npos) shown.remove_prefix(at);
    return fail(ErrorKind::InvalidConfig, "{} is no address to fetch from: {}",
                json_quoted(display_text(shown, 200)), why);
}

bool is_host(std::string_view host) {
    if (host.starts_with('[')) {
        in6_addr address{};
        const std::string inner{host.substr(1, host.size() < 2 ? 0 : host.size() - 2)};
        // A NUL would end the text for inet_pton, and for libcurl.
        if (inner.find_first_not_of("0123456789abcdef:.") != std::string::npos) return false;
        return host.ends_with(']') && ::inet_pton(AF_INET6, inner.c_str(), &address) == 1;
    }
    if (host.empty() || host.size() > 253) return false;
    return std::ranges::all_of(split(host, '.'), [](std::string_view label) {
        return !label.empty() && label.size() <= 63 && std::ranges::all_of(label, [](char c) {
            return is_letter_or_digit(c) || c == '-' || c == '_';
        });
    });
}

/// Path and query, from whatever a Location has.
Result<std::string> clean(std::string_view whole, std::string_view text) {
    constexpr std::string_view unfit = " \"<>\\^`{|}";
    std::string path;
    for (const char c : text.substr(0, text.find('#'))) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7f) return refuse(whole, "it has control characters");
        if (byte >= 0x80 || unfit.find(c) != std::string_view::npos)
            path += fmt::format("%{:02X}", byte);
        else
            path += c;
    }
    if (!path.starts_with('/')) path.insert(0, "/");
    return path;
}

std::string_view directory_of(std::string_view path) {
    const std::string_view bare = path.substr(0, path.find('?'));
    return bare.substr(0, bare.rfind('/') + 1);
}

Result<Url> resolve(const Url& from, std::string_view location) {
    const std::size_t colon = location.find(':');
    if (colon != std::string_view::npos && colon < location.find_first_of("/?#"))
        return parse_url(location);
    if (location.starts_with("//")) return parse_url(from.scheme + ':' + std::string{location});
    Url url = from;
    std::string path{location};
    if (location.starts_with('?'))
        path = from.path.substr(0, from.path.find('?')) + path;
    else if (!location.starts_with('/'))
        path = std::string{directory_of(from.path)} + path;
    url.path = OCI_TRY(clean(location, path));
    return url;
}

}  // namespace

Result<Authority> parse_authority(std::string_view text) {
    if (text.find('@') != std::string_view::npos) return refuse(text, "it must not name a user");
    const std::size_t bracket = text.rfind(']');
    const std::size_t colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
    Authority authority{.host = lower_case(text.substr(0, colon))};
    if (!is_host(authority.host)) return refuse(text, "its host is no name and no address");
    if (colon == std::string_view::npos) return authority;
    const auto port = parse_number<std::uint16_t>(text.substr(colon + 1));
    if (!port || *port == 0) return refuse(text, "its port is none");
    authority.port = *port;
    return authority;
}

Result<Url> parse_url(std::string_view text) {
    if (text.size() > longest_url) return refuse(text, "it is too long");
    const std::size_t colon = text.find("://");
    Url url;
    url.scheme = lower_case(text.substr(0, colon == std::string_view::npos ? 0 : colon));
    if (url.scheme != "https" && url.scheme != "http")
        return refuse(text, "it must begin with https:// or http://");
    const std::string_view rest = text.substr(colon + 3);
    const std::size_t end = std::min(rest.find_first_of("/?#"), rest.size());
    const auto authority = parse_authority(rest.substr(0, end));
    if (!authority) return refuse(text, "what stands behind :// is no host");
    url.host = authority.value().host;
    url.port = authority.value().port != 0 ? authority.value().port : usual_port(url.scheme);
    url.path = OCI_TRY(clean(text, rest.substr(end)));
    return url;
}

std::string authority_of(const Url& url) {
    if (url.port == usual_port(url.scheme)) return url.host;
    return fmt::format("{}:{}", url.host, url.port);
}

std::string text_of(const Url& url) { return url.scheme + "://" + authority_of(url) + url.path; }

std::string display_of(const Url& url) {
    const std::string text =
        url.scheme + "://" + authority_of(url) + url.path.substr(0, url.path.find('?'));
    return display_text(text, 300);
}

bool is_same_origin(const Url& one, const Url& other) noexcept {
    return one.scheme == other.scheme && one.host == other.host && one.port == other.port;
}

bool is_loopback(std::string_view host) {
    const auto authority = parse_authority(host);
    if (!authority) return false;
    const std::string& name = authority.value().host;
    if (name == "localhost") return true;
    in_addr four{};
    if (::inet_pton(AF_INET, name.c_str(), &four) == 1) return (ntohl(four.s_addr) >> 24U) == 127;
    in6_addr six{};
    if (!name.starts_with('[')) return false;
    const std::string inner = name.substr(1, name.size() - 2);
    return ::inet_pton(AF_INET6, inner.c_str(), &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

Result<Url> follow(const Url& from, std::string_view location) {
    Url url = OCI_TRY(resolve(from, location));
    if (!from.is_plain() && url.is_plain())
        return refuse(location, "it leaves https, which is not followed");
    return url;
}

std::string percent_encoded(std::string_view text) {
    std::string encoded;
    for (const char c : text) {
        if (is_letter_or_digit(c) || std::string_view{"-._~"}.find(c) != std::string_view::npos)
            encoded += c;
        else
            encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return encoded;
}

}  // namespace oci::image::registry
