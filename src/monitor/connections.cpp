// SPDX-License-Identifier: Apache-2.0
#include "monitor/connections.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include "base/flat_json.hpp"
#include "kernel/files.hpp"
#include "monitor/protocol.hpp"

namespace oci::monitor {
namespace {

bool is_welcome(FdView socket) {
    const auto peer = kernel::peer_credentials(socket);
    return peer && (peer.value().uid == 0 || peer.value().uid == ::geteuid());
}

kernel::SysResult<void> answer_with(FdView socket, std::string_view problem) {
    std::array<char, 256> buffer;
    FlatJsonWriter json{buffer};
    json.text("type", problem.empty() ? "done" : "error");
    if (!problem.empty()) json.text("message", problem);
    return kernel::send_now(socket, json.finish());
}

}  // namespace

kernel::SysResult<Connections> Connections::listen(FdView directory, const char* name) {
    // Of a monitor before this one that was killed.
    (void)kernel::remove(directory, name);
    UniqueFd listener = OCI_TRY(kernel::listen_at(directory, name, kernel::SocketKind::Packet));
    OCI_TRY(kernel::set_nonblocking(listener));
    return Connections{std::move(listener)};
}

void Connections::watch(PollSet& set) {
    for (std::size_t i = 0; i < sockets_.size(); ++i) places_[i] = set.add(sockets_[i], POLLIN);
    places_.back() = set.add(listener_, POLLIN);
}

void Connections::handle(const PollSet& set, const Doorman& doorman) {
    for (std::size_t i = 0; i < sockets_.size(); ++i) {
        if (set.occurred(places_[i]) == 0) continue;
        if (!serve(sockets_[i], doorman)) sockets_[i].reset();
    }
    if (set.occurred(places_.back()) != 0) accept(doorman);
}

void Connections::accept(const Doorman& doorman) {
    auto accepted = kernel::accept_connection(listener_);
    if (!accepted || !is_welcome(accepted.value())) return;
    for (UniqueFd& place : sockets_) {
        if (place) continue;
        place = std::move(accepted).value();
        doorman.greet(place);
        return;
    }
    (void)answer_with(accepted.value(), "too many are connected already");  // and that is all
}

bool Connections::serve(FdView socket, const Doorman& doorman) {
    std::array<char, largest_packet> buffer;
    auto received = kernel::receive_now(socket, buffer);
    if (!received) return received.error().code == EAGAIN;
    kernel::Delivery& delivery = received.value();
    if (delivery.size == 0) return false;
    Request request;
    std::string_view problem = "a packet is too large, or has too many descriptors";
    if (!delivery.is_cut)
        problem = read_request({buffer.data(), delivery.size}, delivery.passenger_count, request);
    const bool is_understood = problem.empty();
    if (is_understood)
        problem = doorman.perform(request, {delivery.passengers.data(), delivery.passenger_count});
    return static_cast<bool>(answer_with(socket, problem)) && is_understood;
}

void Connections::tell(std::string_view packet) {
    for (UniqueFd& socket : sockets_)
        if (socket && !kernel::send_now(socket, packet)) socket.reset();
}

}  // namespace oci::monitor
