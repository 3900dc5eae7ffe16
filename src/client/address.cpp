// SPDX-License-Identifier: Apache-2.0
#include "client/address.hpp"

#include <algorithm>
#include <optional>

#include "base/explain.hpp"
#include "base/text.hpp"

namespace oci::client {
namespace {

constexpr std::size_t longest_socket = 107;  // sun_path, with its end
constexpr std::size_t longest_host = 253;

bool is_alphanumeric(char each) {
    return (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z') ||
           (each >= '0' && each <= '9');
}

Failure<Error> wrong(std::string_view text) {
    return fail(ErrorKind::InvalidConfig,
                "--connect: {} is neither unix:///PATH, nor http://HOST:PORT, nor default",
                json_quoted(display_text(text, 120)));
}

Result<Address> socket_at(std::string_view path) {
    if (path.size() > longest_socket)
        return fail(ErrorKind::InvalidConfig, "--connect: a socket's path has at most {} bytes",
                    longest_socket);
    return Address{.socket = std::string{path}, .origin = "http://localhost"};
}

/// "/run/oci-rt", or the user's.
std::string runtime_directory(const Surroundings& around) {
    if (around.is_root) return "/run/oci-rt";
    return around.runtime_directory.starts_with('/') ? around.runtime_directory + "/oci-rt"
                                                     : std::string{};
}

bool is_loopback(std::string_view host) {
    const auto is_number = [](std::string_view part) {
        return parse_number<std::uint8_t>(part).has_value();
    };
    const auto parts = split(host, '.');
    const bool is_v4 = parts.size() == 4 && std::ranges::all_of(parts, is_number);
    return host == "localhost" || host == "[::1]" || (is_v4 && parts.front() == "127");
}

bool is_host(std::string_view host) {
    if (host.empty() || host.size() > longest_host) return false;
    const bool is_v6 = host.starts_with('[') && host.ends_with(']') && host.size() > 2;
    if (is_v6) host = host.substr(1, host.size() - 2);
    return std::ranges::all_of(host, [is_v6](char each) {
        return is_alphanumeric(each) || each == '.' || (is_v6 ? each == ':' : each == '-');
    });
}

/// Behind the scheme.
Result<Address> host_at(std::string_view rest, std::string_view scheme, std::string_view text) {
    if (rest.ends_with('/')) rest.remove_suffix(1);
    const std::size_t bracket = rest.rfind(']');
    const std::size_t colon = rest.rfind(':');
    const bool has_port =
        colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
    const std::string host = lower_case(rest.substr(0, has_port ? colon : rest.size()));
    const auto port =
        has_port ? parse_number<std::uint16_t>(rest.substr(colon + 1)) : std::optional<uint16_t>{1};
    if (!is_host(host) || port.value_or(0) == 0) return wrong(text);
    return Address{.origin = std::string{scheme} + std::string{rest},
                   .is_loopback = is_loopback(host),
                   .is_encrypted = scheme == "https://"};
}

std::string escaped(std::string_view text, std::string_view others) {
    std::string out;
    for (const char each : text) {
        if (is_alphanumeric(each) || others.find(each) != std::string_view::npos)
            out += each;
        else
            out += fmt::format("%{:02X}", static_cast<unsigned char>(each));
    }
    return out;
}

}  // namespace

Result<Address> parse_address(std::string_view text, const Surroundings& around) {
    if (text == "default") {
        const std::string directory = runtime_directory(around);
        if (directory.empty())
            return fail(ErrorKind::InvalidConfig,
                        "--connect default: XDG_RUNTIME_DIR is not set; name the socket by "
                        "unix:///PATH");
        return socket_at(directory + "/serve.sock");
    }
    constexpr std::string_view unix_scheme = "unix://";
    if (text.starts_with(unix_scheme) && text.substr(unix_scheme.size()).starts_with('/'))
        return socket_at(text.substr(unix_scheme.size()));
    if (text.starts_with('/')) return socket_at(text);
    for (const std::string_view scheme : {"http://", "https://"})
        if (text.starts_with(scheme)) return host_at(text.substr(scheme.size()), scheme, text);
    return wrong(text);
}

std::string default_token_file(const Surroundings& around) {
    const std::string directory = runtime_directory(around);
    return directory.empty() ? directory : directory + "/.serve/serve.token";
}

std::string path_segment(std::string_view text) {
    const bool is_dots = text == "." || text == "..";
    return escaped(text, is_dots ? "" : "-._~:@");
}

std::string query_text(std::string_view text) { return escaped(text, "-._~:"); }

}  // namespace oci::client
