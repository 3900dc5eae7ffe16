// SPDX-License-Identifier: Apache-2.0
//
// listeners: the sockets that clients connect to: our own, or those that systemd hands over.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/unique_fd.hpp"
#include "serve/http/gate.hpp"
#include "serve/program/call.hpp"

namespace oci::serve::program {

struct Listener {
    UniqueFd socket;
    std::shared_ptr<http::Policy> policy;
    std::string name{};  ///< "unix:///run/oci-rt/serve.sock"
    std::string page{};  ///< "http://127.0.0.1:8080/"; "" if browsers cannot reach it.
    /// Held as long as the socket is ours.
    UniqueFd lock{};
};

/// Of a service that was killed just now, children that have yet to execute hold on to all it had:
/// they are waited for, a second long.
[[nodiscard]] bool lock_for_us(FdView file);

/// All that the call names. InvalidConfig: what must not be listened on; AlreadyExists: another
/// service has the socket.
[[nodiscard]] Result<std::vector<Listener>> open_listeners(const Call& call,
                                                           const std::string& token);

/// As sd_listen_fds(3) hands them over; none if they are not for us.
[[nodiscard]] Result<std::vector<Listener>> inherited_listeners(const Call& call,
                                                                const std::string& token);

/// Where a browser finds the page, and knows the token at once. What stands behind "#" is not sent
/// to anybody.
[[nodiscard]] std::string address_with_token(const std::string& page, std::string_view token);

/// Whether a token is needed: somebody listens, or is handed over, on TCP.
[[nodiscard]] bool wants_token(const Call& call);

/// The token of a file that is regular, ours, 0600 and long enough; a missing one is made.
[[nodiscard]] Result<std::string> read_token(const std::string& path);

}  // namespace oci::serve::program
