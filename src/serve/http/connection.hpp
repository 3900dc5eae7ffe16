// SPDX-License-Identifier: Apache-2.0
//
// connection: one client; requests in the order in which they came, each answered before the next
// one is looked at, and every wait with an end.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "oci-rt/unique_fd.hpp"
#include "serve/http/codec.hpp"
#include "serve/http/gate.hpp"
#include "serve/http/message.hpp"
#include "serve/http/tally.hpp"
#include "serve/reactor/reactor.hpp"

namespace oci::serve::http {

struct Limits {
    CodecLimits codec{};
    std::size_t connections = 256;
    std::size_t connections_of_peer = 32;
    unsigned requests = 1000;  ///< Of one connection.
    std::chrono::milliseconds head{10'000};
    std::chrono::milliseconds body{30'000};
    std::chrono::milliseconds idle{60'000};
    std::chrono::milliseconds write{30'000};    ///< Without any progress.
    std::size_t queue = std::size_t{1} << 20U;  ///< Of what is streamed: bytes a client is behind.
};

class Connection;

/// A request on its way to its answer, which may come later. The client may go meanwhile.
class Exchange {
public:
    Exchange(Connection& connection, Request request)
        : request_{std::move(request)}, connection_{&connection} {}

    [[nodiscard]] const Request& request() const noexcept { return request_; }
    /// Nobody waits for the answer any more, or it has been given.
    [[nodiscard]] bool is_over() const noexcept { return connection_ == nullptr || is_answered_; }

    /// What the router has made of the target.
    void resolve(std::string path, std::string route, std::vector<std::string> names,
                 Fields query) {
        request_.path = std::move(path);
        request_.route = std::move(route);
        request_.names = std::move(names);
        request_.query = std::move(query);
    }

    /// Bytes of the client from an upgrade on. What is not taken stays, and nothing more is read
    /// until resume().
    struct Incoming {
        std::function<std::size_t(std::string_view bytes)> take{};  ///< How many of them.
        std::function<void()> end{};  ///< The client says no more; it may be listening still.
    };

    void answer(Response response);
    void refuse(const Problem& problem);

    /// An answer in pieces: begin(), send() as often as there is something, finish().
    void begin(Response head);
    void send(std::string_view bytes);
    void finish();
    /// 101: from now on send() is bare, what comes goes to `incoming` (from the next resume() on),
    /// and the connection ends with finish(). Who takes nothing may do so for long.
    void upgrade(Fields fields, Incoming incoming);
    /// Offers what was not taken.
    void resume();
    /// Bytes that the client has not taken.
    [[nodiscard]] std::size_t queued() const noexcept;

    /// Called once if the client goes before the answer is complete.
    void when_gone(std::function<void()> act) { when_gone_ = std::move(act); }
    /// Called each time that all is sent.
    void when_drained(std::function<void()> act) { when_drained_ = std::move(act); }

private:
    friend class Connection;
    void count(unsigned status);

    Request request_;
    Connection* connection_;
    Clock::time_point began_ = Clock::now();
    bool is_answered_ = false;
    bool is_streaming_ = false;
    bool is_upgraded_ = false;
    Incoming incoming_{};
    std::function<void()> when_gone_{};
    std::function<void()> when_drained_{};
};

using Handler = std::function<void(std::shared_ptr<Exchange> exchange)>;

class Connection : public std::enable_shared_from_this<Connection> {
public:
    struct Setting {
        Reactor& reactor;
        const Limits& limits;
        std::shared_ptr<const Policy> policy;
        Failures& failures;
        Tally& tally;
        const Handler& handler;
        std::function<void()> when_closed;
    };
    Connection(UniqueFd socket, Peer peer, Setting setting);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// False if it cannot be watched.
    [[nodiscard]] bool begin();
    /// No request after the present one; at once if there is none.
    void finish_soon();
    /// Answers before any request, and closes.
    void turn_away(const Problem& problem);
    [[nodiscard]] const Peer& peer() const noexcept { return peer_; }

private:
    friend class Exchange;
    enum class Phase : std::uint8_t { Idle, Head, Body, Busy, Upgraded, Lingering, Closed };

    void handle(std::uint32_t events);
    void handle_events(std::uint32_t events);
    void read();
    void process();
    /// False if nothing more can be done now.
    bool step();
    void judge_head();
    void hand_over();
    void enter(Phase phase);
    void too_late();

    void offer();
    void respond(const Response& response, bool is_head_request);
    void complete();
    void queue(std::string_view bytes);
    void flush();
    void drained();
    void watch_writing();
    void refuse_and_close(const Problem& problem);
    void linger();
    void give_up();
    void close();

    UniqueFd socket_;
    Peer peer_;
    Setting setting_;
    Phase phase_ = Phase::Idle;
    Reactor::WatchId watch_ = 0;
    Reactor::TimerId timer_{};
    Reactor::TimerId write_timer_{};
    std::size_t sent_at_watch_ = 0;
    std::size_t sent_ = 0;
    std::unique_ptr<Decoder> decoder_{};
    std::shared_ptr<Exchange> exchange_{};
    std::string input_{};
    std::string output_{};
    std::size_t output_at_ = 0;
    unsigned requests_ = 0;
    bool keeps_alive_ = true;
    bool peer_finished_ = false;
    bool is_processing_ = false;
    bool is_flushing_ = false;
    bool is_offering_ = false;
};

}  // namespace oci::serve::http
