// SPDX-License-Identifier: Apache-2.0
//
// connection: one request after the other by libcurl. The service is believed as little as any
// server: heads and bodies have limits, answers a time, and no answer leads anywhere else.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "client/address.hpp"

namespace oci::client {

/// False: no more of it.
using Receiver = std::function<bool(std::string_view bytes)>;

struct Request {
    std::string method{"GET"};
    std::string path{};  ///< With its query.
    std::string body{};  ///< JSON; "": none.
    std::vector<std::string> fields{};
    /// For the whole answer; of a stream, for its head.
    std::chrono::seconds patience{30};
    /// A good answer goes there piece by piece, however long it takes; null: into the reply.
    Receiver receiver{};
};

struct Reply {
    unsigned status = 0;
    std::string type{};  ///< "application/json"
    std::string body{};
};

inline constexpr std::size_t largest_reply = std::size_t{4} << 20U;

class Connection {
public:
    /// token: "" for none.
    [[nodiscard]] static Result<Connection> make(Address address, std::string token);
    Connection(Connection&&) noexcept;
    Connection& operator=(Connection&&) = delete;
    ~Connection();

    /// What the service has answered, whatever that is. NotFound where nobody listens.
    [[nodiscard]] Result<Reply> ask(const Request& request);
    /// Whether the last request had a whole answer.
    [[nodiscard]] bool was_answered() const noexcept { return was_answered_; }

private:
    struct Curl;
    explicit Connection(std::unique_ptr<Curl> curl);
    std::unique_ptr<Curl> curl_;
    bool was_answered_ = false;
};

}  // namespace oci::client
