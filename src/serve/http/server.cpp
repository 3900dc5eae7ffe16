// SPDX-License-Identifier: Apache-2.0
#include "serve/http/server.hpp"

#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "base/explain.hpp"
#include "base/log.hpp"
#include "kernel/files.hpp"
#include "kernel/socket.hpp"
#include "kernel/stream_socket.hpp"

namespace oci::serve::http {
namespace {

UniqueFd open_reserve() {
    auto file = kernel::open_at(kernel::here, "/dev/null", O_RDONLY);
    return file ? std::move(file).value() : UniqueFd{};
}

/// Of a process in a container, also of one that shares our network or sees our socket.
bool is_in_other_pid_namespace(int pid) {
    if (pid == 0) return true;
    const auto own = kernel::status_behind(kernel::here, "/proc/self/ns/pid");
    const auto other =
        kernel::status_behind(kernel::here, fmt::format("/proc/{}/ns/pid", pid).c_str());
    // Of a process that has gone, or is another user's, its user has to be enough.
    if (!own || !other) return false;
    return own.value().st_ino != other.value().st_ino;
}

/// Why a connection is not served at all.
std::optional<Problem> reject(const Peer& peer, const Policy& policy) {
    if (peer.is_tcp) return std::nullopt;
    if (!is_welcome(policy, peer.uid, ::geteuid()))
        return Problem{.code = "forbidden-peer", .detail = "this user is not served"};
    if (is_in_other_pid_namespace(peer.pid))
        return Problem{.code = "forbidden-peer",
                       .detail = "processes of containers are not served"};
    return std::nullopt;
}

std::optional<Peer> peer_behind(FdView socket, bool is_tcp) {
    if (is_tcp) {
        auto peer = kernel::peer_endpoint(socket);
        if (!peer) return std::nullopt;
        (void)kernel::set_no_delay(socket);  // slower without, and no more
        return Peer{.is_tcp = true, .address = peer.value().address};
    }
    const auto peer = kernel::peer_credentials(socket);
    if (!peer) return std::nullopt;
    return Peer{.uid = peer.value().uid, .pid = peer.value().pid};
}

}  // namespace

Server::Server(Reactor& reactor, const Limits& limits, Tally& tally, Handler handler)
    : reactor_{reactor},
      limits_{limits},
      tally_{tally},
      handler_{std::move(handler)},
      reserve_{open_reserve()} {}

Server::~Server() {
    for (const auto& listener : listeners_) reactor_.forget(listener->watch);
}

Result<void> Server::add(UniqueFd socket, std::shared_ptr<const Policy> policy) {
    OCI_TRY(explain(kernel::set_nonblocking(socket), "cannot set up a listener"));
    constexpr int backlog = 512;
    OCI_TRY(explain(kernel::set_backlog(socket, backlog), "cannot listen"));
    auto listener = std::make_unique<Listener>(
        Listener{.socket = std::move(socket), .policy = std::move(policy)});
    Listener* raw = listener.get();
    listener->watch = OCI_TRY(
        reactor_.watch(listener->socket, EPOLLIN, [this, raw](std::uint32_t) { accept(*raw); }));
    listeners_.push_back(std::move(listener));
    return {};
}

void Server::accept(Listener& listener) {
    // Those who are connected get their turn in between.
    constexpr int most_at_once = 64;
    for (int each = 0; each < most_at_once; ++each) {
        auto socket = kernel::accept_without_blocking(listener.socket);
        if (socket) {
            welcome(listener, std::move(socket).value());
            continue;
        }
        const int code = socket.error().code;
        if (code == EMFILE || code == ENFILE) return without_descriptors(listener);
        if (code != ECONNABORTED) return;
    }
}

/// One descriptor is kept for saying that there are no more.
void Server::without_descriptors(Listener& listener) {
    reserve_.reset();
    {
        const auto socket = kernel::accept_without_blocking(listener.socket);
        if (socket) {
            const Response response = problem_response(
                {.code = "overloaded", .detail = "there are too many connections"}, {}, {});
            // Who does not take it has no connection anyway.
            (void)kernel::write_some(socket.value(), encode_head(response, response.body.size(),
                                                                 false, false, http_date()) +
                                                         response.body);
        }
    }
    reserve_ = open_reserve();
}

std::size_t Server::connections_of(const Peer& peer) const {
    return static_cast<std::size_t>(std::ranges::count_if(connections_, [&](const auto& each) {
        const Peer& other = each.second->peer();
        return other.is_tcp == peer.is_tcp && other.address == peer.address &&
               other.uid == peer.uid;
    }));
}

void Server::welcome(Listener& listener, UniqueFd socket) {
    auto peer = peer_behind(socket, listener.policy->is_tcp);
    if (!peer) return;  // gone already
    std::optional<Problem> problem = reject(*peer, *listener.policy);
    // One more than allowed is enough to tell; the rest is cut off by the reserve of all.
    const std::size_t most = limits_.connections + limits_.connections / 4;
    if (connections_.size() >= most) return;
    if (!problem && (connections_.size() >= limits_.connections ||
                     connections_of(*peer) >= limits_.connections_of_peer))
        problem = Problem{.code = "overloaded", .detail = "there are too many connections"};
    const std::uint64_t id = ++last_;
    auto connection = std::make_shared<Connection>(
        std::move(socket), std::move(*peer),
        Connection::Setting{.reactor = reactor_,
                            .limits = limits_,
                            .policy = listener.policy,
                            .failures = failures_,
                            .tally = tally_,
                            .handler = handler_,
                            .when_closed = [this, id] { connections_.erase(id); }});
    if (!connection->begin()) return;
    connections_.emplace(id, connection);
    if (problem) connection->turn_away(*problem);
}

void Server::finish_soon() {
    for (const auto& listener : listeners_) reactor_.forget(listener->watch);
    listeners_.clear();
    std::vector<std::shared_ptr<Connection>> all;
    for (const auto& [id, connection] : connections_) all.push_back(connection);
    for (const auto& connection : all) connection->finish_soon();
}

}  // namespace oci::serve::http
