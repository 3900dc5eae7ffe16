// SPDX-License-Identifier: Apache-2.0
#include "engine/protocol.hpp"

#include <cerrno>

namespace oci::engine {

Message Message::of(MessageKind kind) noexcept {
    Message message;
    message.kind = kind;
    return message;
}

Message Message::failed(std::string_view step, std::string_view subject,
                        kernel::SysError why) noexcept {
    Message message = of(MessageKind::Failed);
    message.code = why.code;
    message.step = step;
    message.call = std::string_view{why.call};
    message.subject = subject;
    return message;
}

kernel::SysResult<void> send(FdView channel, const Message& message, FdView passenger) noexcept {
    return kernel::send_packet(channel, std::as_bytes(std::span{&message, 1}), passenger);
}

kernel::SysResult<Received> receive(FdView channel) noexcept {
    Received received;
    auto packet =
        kernel::receive_packet(channel, std::as_writable_bytes(std::span{&received.message, 1}));
    const bool is_gone = !packet && packet.error().code == ECONNRESET;
    if (is_gone || (packet && packet.value().size == 0)) {
        received.message = Message::of(MessageKind::Closed);
        return received;
    }
    if (!packet) return Failure{packet.error()};
    if (packet.value().size != sizeof received.message) return kernel::refuse(EPROTO, "receive");
    received.passenger = std::move(packet.value().passenger);
    return received;
}

}  // namespace oci::engine
