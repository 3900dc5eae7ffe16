// SPDX-License-Identifier: Apache-2.0
//
// address: where the service is that is spoken to, and whether a secret of this machine may go
// there.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"

namespace oci::client {

struct Address {
    std::string socket{};  ///< A path; "": TCP.
    std::string origin{};  ///< "http://127.0.0.1:8080"; of a socket "http://localhost".
    bool is_loopback = true;
    bool is_encrypted = false;
};

/// Who asks.
struct Surroundings {
    bool is_root = false;
    std::string runtime_directory{};  ///< $XDG_RUNTIME_DIR
};

/// "default", "unix:///run/oci-rt/serve.sock", a path, "http://127.0.0.1:8080", "https://host".
/// InvalidConfig for anything else: user names, paths and queries have no place in it.
[[nodiscard]] Result<Address> parse_address(std::string_view text, const Surroundings& around);

/// Where a service of this user leaves its token unless told otherwise; "" if there is no place.
[[nodiscard]] std::string default_token_file(const Surroundings& around);

/// A segment of a path, with all but letters, digits and "-._~:@" as %XX. A name must not choose
/// another route, so that "." and ".." come out as "%2E" and "%2E%2E".
[[nodiscard]] std::string path_segment(std::string_view text);
/// A value of a query.
[[nodiscard]] std::string query_text(std::string_view text);

}  // namespace oci::client
