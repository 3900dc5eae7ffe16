// SPDX-License-Identifier: Apache-2.0
#include "monitor/clients.hpp"

#include <sys/socket.h>

#include <algorithm>

#include "kernel/sys_result.hpp"
#include "monitor/protocol.hpp"

namespace oci::monitor {
namespace {

std::array<char, frame_header_size> frame_header(Stream stream, std::size_t size) {
    std::array<char, frame_header_size> header{};
    header[0] = stream == Stream::Output ? 1 : 2;
    for (std::size_t i = 0; i < 4; ++i)
        header[4 + i] = static_cast<char>(size >> (8U * (3U - i)) & 0xFFU);
    return header;
}

}  // namespace

void Client::go() {
    socket_.reset();
    pending_ = {};
}

void Client::send(Stream stream, std::string_view bytes) {
    if (!socket_) return;
    if (frames_) {
        const auto header = frame_header(stream, bytes.size());
        put({header.data(), header.size()});
    }
    put(bytes);
}

void Client::put(std::string_view bytes) {
    if (!socket_) return;
    if (pending_.empty()) {
        const auto sent = kernel::answer(
            "send", ::send(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
        if (sent) bytes.remove_prefix(static_cast<std::size_t>(sent.value()));
        if (!sent && sent.error().code != EAGAIN) return go();
    }
    if (bytes.empty()) return;
    if (pending_.size() + bytes.size() > most_pending) return go();
    pending_.append(bytes);
}

void Client::flush() {
    std::size_t done = 0;
    while (done < pending_.size()) {
        const auto sent =
            kernel::answer("send", ::send(socket_.get(), pending_.data() + done,
                                          pending_.size() - done, MSG_DONTWAIT | MSG_NOSIGNAL));
        if (!sent && sent.error().code != EAGAIN) return go();
        if (!sent) break;
        done += static_cast<std::size_t>(sent.value());
    }
    pending_.erase(0, done);
    if (pending_.empty()) pending_ = {};  // gives the memory back
}

void Client::watch(PollSet& set, bool takes_input) {
    place_ = PollSet::nowhere;
    if (!socket_) return;
    unsigned events = 0;
    if (input_ != Input::None && takes_input) events |= POLLIN;
    if (!pending_.empty()) events |= POLLOUT;
    place_ = set.add(socket_, static_cast<short>(events));
}

Client::Said Client::handle(const PollSet& set, std::span<char> buffer) {
    const short occurred = set.occurred(place_);
    if (!socket_ || occurred == 0) return {};
    Said said;
    if ((occurred & POLLOUT) != 0) flush();
    if ((occurred & POLLIN) != 0 && socket_ && !buffer.empty()) said = receive(buffer);
    // Who has only said all it has to say is still listening, and is not reported so. Who is
    // gone, by the keys that detach or by a signal, has not said that the input is over.
    if ((occurred & (POLLHUP | POLLERR)) != 0 && said.size == 0) {
        go();
        return {};
    }
    return said;
}

Client::Said Client::receive(std::span<char> buffer) {
    const auto received =
        kernel::answer("recv", ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT));
    if (!received) {
        if (received.error().code != EAGAIN && received.error().code != EINTR) go();
        return {};
    }
    if (received.value() > 0) return {.size = static_cast<std::size_t>(received.value())};
    const bool closes = input_ == Input::Close;
    input_ = Input::None;
    return {.closes_input = closes};
}

bool Clients::add(UniqueFd socket, bool frames, Input input) {
    for (Client& client : clients_) {
        if (client.is_there()) continue;
        client = Client{std::move(socket), frames, input};
        return true;
    }
    return false;
}

void Clients::send(Stream stream, std::string_view bytes) {
    for (Client& client : clients_) client.send(stream, bytes);
}

bool Clients::is_anybody_behind() const noexcept {
    return std::ranges::any_of(clients_, [](const Client& client) { return client.is_behind(); });
}

}  // namespace oci::monitor
