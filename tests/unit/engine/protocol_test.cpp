// SPDX-License-Identifier: Apache-2.0
#include "engine/protocol.hpp"

#include <fcntl.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "engine/failure.hpp"
#include "kernel/files.hpp"
#include "support/catch.hpp"

using oci::engine::Message;
using oci::engine::MessageKind;

namespace {

oci::kernel::SocketPair make_channel() {
    auto channel = oci::kernel::packet_socket_pair();
    REQUIRE(channel);
    return std::move(channel).value();
}

Message forged(int byte) {
    Message message;
    std::memset(static_cast<void*>(&message), byte, sizeof message);
    message.kind = MessageKind::Failed;
    return message;
}

}  // namespace

TEST_CASE("a message arrives as it was sent", "[engine]") {
    const auto channel = make_channel();
    REQUIRE(send(channel.first, Message::failed("mounts", "/proc", {EPERM, "mount"})));
    const auto received = oci::engine::receive(channel.second);
    REQUIRE(received);
    CHECK(received.value().message.kind == MessageKind::Failed);
    CHECK(received.value().message.code == EPERM);
    CHECK(received.value().message.subject.view() == "/proc");
    CHECK_FALSE(received.value().passenger);
}

TEST_CASE("a message whose texts lie about their size is read within its bounds", "[engine]") {
    const auto channel = make_channel();
    for (const int byte : {0x01, 0x41, 0x7f, 0x80, 0xff}) {
        REQUIRE(send(channel.first, forged(byte)));
        const auto received = oci::engine::receive(channel.second);
        REQUIRE(received);
        const Message& message = received.value().message;
        CHECK(message.step.view().size() <= 32);
        CHECK(message.subject.view().size() <= 512);
        CHECK_FALSE(oci::engine::error_of(message).message.empty());
    }
}

TEST_CASE("a packet of another size is no message", "[engine]") {
    const auto channel = make_channel();
    const std::array<std::byte, 3> bytes{};
    REQUIRE(oci::kernel::send_packet(channel.first, bytes));
    const auto received = oci::engine::receive(channel.second);
    REQUIRE_FALSE(received);
    CHECK(received.error().code == EPROTO);
}

TEST_CASE("the end of the other side is heard as such", "[engine]") {
    auto channel = make_channel();
    channel.first.reset();
    const auto received = oci::engine::receive(channel.second);
    REQUIRE(received);
    CHECK(received.value().message.kind == MessageKind::Closed);
}
