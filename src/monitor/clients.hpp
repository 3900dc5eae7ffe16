// SPDX-License-Identifier: Apache-2.0
//
// clients: who is attached to the container. A client that does not read is let go; it never
// holds up the container.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "monitor/log_record.hpp"
#include "monitor/poll_set.hpp"
#include "monitor/request.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::monitor {

class Client {
public:
    static constexpr std::size_t most_pending = 256U * 1024;

    Client() = default;
    Client(UniqueFd socket, bool frames, Input input) noexcept
        : socket_{std::move(socket)}, frames_{frames}, input_{input} {}

    [[nodiscard]] bool is_there() const noexcept { return static_cast<bool>(socket_); }
    [[nodiscard]] bool is_behind() const noexcept { return !pending_.empty(); }

    void send(Stream stream, std::string_view bytes);
    void watch(PollSet& set, bool takes_input);

    struct Said {
        std::size_t size = 0;
        bool closes_input = false;
    };
    /// After the wait: sends what is pending, takes what is there.
    Said handle(const PollSet& set, std::span<char> buffer);

private:
    void put(std::string_view bytes);
    void flush();
    void go();
    Said receive(std::span<char> buffer);

    UniqueFd socket_;
    bool frames_ = false;
    Input input_ = Input::None;
    std::string pending_;
    std::size_t place_ = PollSet::nowhere;
};

class Clients {
public:
    /// False: there are too many.
    bool add(UniqueFd socket, bool frames, Input input);

    void send(Stream stream, std::string_view bytes);
    [[nodiscard]] bool is_anybody_behind() const noexcept;

    [[nodiscard]] std::span<Client> all() noexcept { return clients_; }

private:
    std::array<Client, 16> clients_;
};

}  // namespace oci::monitor
