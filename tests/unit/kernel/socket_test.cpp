// SPDX-License-Identifier: Apache-2.0
#include "kernel/socket.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

#include "kernel/files.hpp"
#include "support/catch.hpp"

namespace {

int open_descriptors() {
    int count = 0;
    for (int fd = 0; fd < 256; ++fd)
        if (::fcntl(fd, F_GETFD) >= 0) ++count;
    return count;
}

void send_two_descriptors(oci::FdView socket) {
    const std::array<int, 2> fds{0, 1};
    char byte = 'x';
    iovec part{&byte, 1};
    alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof fds)> control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fds);
    std::memcpy(CMSG_DATA(header), fds.data(), sizeof fds);
    REQUIRE(::sendmsg(socket.get(), &message, 0) == 1);
}

}  // namespace

TEST_CASE("a packet brings one descriptor, and a second one is not left open", "[kernel]") {
    const auto channel = oci::kernel::packet_socket_pair();
    REQUIRE(channel);
    send_two_descriptors(channel.value().first);
    const int before = open_descriptors();
    {
        std::array<std::byte, 8> buffer{};
        const auto packet = oci::kernel::receive_packet(channel.value().second, buffer);
        REQUIRE(packet);
        CHECK(packet.value().passenger);
        CHECK(open_descriptors() == before + 1);
    }
    CHECK(open_descriptors() == before);
}
