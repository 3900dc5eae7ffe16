// SPDX-License-Identifier: Apache-2.0
//
// server: listeners and the connections that came through them, as many as there may be.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "serve/http/connection.hpp"

namespace oci::serve::http {

class Server {
public:
    /// The handler gets whole requests that the gate let in.
    Server(Reactor& reactor, const Limits& limits, Tally& tally, Handler handler);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Takes a socket that listens.
    [[nodiscard]] Result<void> add(UniqueFd listener, std::shared_ptr<const Policy> policy);

    /// No new connection, and no new request on those that are there.
    void finish_soon();
    [[nodiscard]] std::size_t connections() const noexcept { return connections_.size(); }

private:
    struct Listener {
        UniqueFd socket;
        std::shared_ptr<const Policy> policy;
        Reactor::WatchId watch = 0;
    };
    void accept(Listener& listener);
    void welcome(Listener& listener, UniqueFd socket);
    void without_descriptors(Listener& listener);
    [[nodiscard]] std::size_t connections_of(const Peer& peer) const;

    Reactor& reactor_;
    Limits limits_;
    Tally& tally_;
    Handler handler_;
    Failures failures_{};
    UniqueFd reserve_{};
    std::uint64_t last_ = 0;
    std::vector<std::unique_ptr<Listener>> listeners_{};
    std::map<std::uint64_t, std::shared_ptr<Connection>> connections_{};
};

}  // namespace oci::serve::http
