// SPDX-License-Identifier: Apache-2.0
//
// url: where a request goes. Only http and https, never a user, and what it takes to follow a
// redirect without being led astray.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"

namespace oci::image::registry {

struct Url {
    std::string scheme{};  ///< "https" or "http"
    std::string host{};    ///< Lower case; an address of IPv6 in brackets.
    std::uint16_t port = 0;
    std::string path = "/";  ///< With the query: "/token?service=x".

    [[nodiscard]] bool is_plain() const noexcept { return scheme == "http"; }

    friend bool operator==(const Url&, const Url&) = default;
};

/// An absolute one. What is no ASCII in path and query is percent-encoded, a fragment is dropped.
/// InvalidConfig for another scheme, a user, a port that is none, control characters.
[[nodiscard]] Result<Url> parse_url(std::string_view text);

[[nodiscard]] std::string text_of(const Url& url);

/// For messages: without the query, which may be a signature.
[[nodiscard]] std::string display_of(const Url& url);

/// "host", or "host:port" where the port is not the usual one of the scheme.
[[nodiscard]] std::string authority_of(const Url& url);

/// RFC 6454: scheme, host and port.
[[nodiscard]] bool is_same_origin(const Url& one, const Url& other) noexcept;

/// "localhost", 127.0.0.0/8 and [::1]; a port may follow.
[[nodiscard]] bool is_loopback(std::string_view host);

/// Where a Location leads from here. InvalidConfig where it leaves https, or is no address.
[[nodiscard]] Result<Url> follow(const Url& from, std::string_view location);

/// All but letters, digits and "-._~" as %XX (RFC 3986).
[[nodiscard]] std::string percent_encoded(std::string_view text);

struct Authority {
    std::string host;        ///< With brackets, if it has them.
    std::uint16_t port = 0;  ///< 0: none is named.
};
/// "host", "host:port", "[::1]:port".
[[nodiscard]] Result<Authority> parse_authority(std::string_view text);

}  // namespace oci::image::registry
