// SPDX-License-Identifier: Apache-2.0
//
// call: what the command line of oci-rt-serve asks for.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"
#include "serve/http/connection.hpp"

namespace oci::serve::program {

struct ListenAddress {
    bool is_tcp = false;
    std::string place{};  ///< A path, or an address: "127.0.0.1", "::1".
    std::uint16_t port = 0;
};

struct Call {
    std::vector<ListenAddress> listeners{};
    std::string socket_group{};
    std::vector<unsigned> uids{};
    std::vector<std::string> hosts{};
    std::string token_file{};
    bool insecure = false;
    std::string state_directory{};
    std::string runtime{};
    std::string root{};
    std::string runtime_state{};  ///< The same, as the runtime has it without being told.
    std::string storage{};
    std::string logs{};
    std::vector<std::string> registries{};           ///< "host", "host:port"
    std::vector<std::string> insecure_registries{};  ///< The same.
    bool keep = false;
    bool debug = false;
    bool has_page = true;
    bool routes = false;  ///< Print the table of routes, and nothing else.
    http::Limits limits{};
    std::string answer{};  ///< Not empty: --help or --version, and nothing else is to be done.
};

/// argv without the program. Defaults that depend on the user are left empty.
[[nodiscard]] Result<Call> parse_call(const std::vector<std::string>& arguments);

/// "unix:///run/x.sock", "/run/x.sock", "tcp://127.0.0.1:8080", "tcp://[::1]:8080".
[[nodiscard]] Result<ListenAddress> parse_listen_address(std::string_view text);

}  // namespace oci::serve::program
