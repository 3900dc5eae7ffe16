// SPDX-License-Identifier: Apache-2.0
#include "kernel/socket.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstddef>
#include <cstring>

#include "kernel/repeated.hpp"

namespace oci::kernel {
namespace {

constexpr int type_of(SocketKind kind) {
    switch (kind) {
        case SocketKind::Stream: return SOCK_STREAM;
        case SocketKind::Packet: return SOCK_SEQPACKET;
        case SocketKind::Datagram: return SOCK_DGRAM;
    }
    return SOCK_STREAM;
}

/// /proc/self/fd/N/name: short whatever the directory's path is.
SysResult<sockaddr_un> address_of(FdView directory, const char* name) noexcept {
    constexpr std::string_view prefix = "/proc/self/fd/";
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    char* const end = std::end(address.sun_path);
    char* at = std::copy(prefix.begin(), prefix.end(), std::begin(address.sun_path));
    at = std::to_chars(at, end, directory.get()).ptr;
    const std::size_t length = std::strlen(name);
    if (length + 2 > static_cast<std::size_t>(end - at)) return refuse(ENAMETOOLONG, "socket path");
    *at++ = '/';
    std::memcpy(at, name, length);
    return address;
}

SysResult<UniqueFd> make_socket(SocketKind kind) noexcept {
    const long fd = OCI_TRY(answer("socket", ::socket(AF_UNIX, type_of(kind) | SOCK_CLOEXEC, 0)));
    return UniqueFd{static_cast<int>(fd)};
}

}  // namespace

SysResult<SocketPair> packet_socket_pair() noexcept {
    int ends[2];
    OCI_TRY(answer("socketpair", ::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends)));
    return SocketPair{UniqueFd{ends[0]}, UniqueFd{ends[1]}};
}

SysResult<void> send_packet(FdView socket, std::span<const std::byte> packet,
                            FdView passenger) noexcept {
    OCI_TRY(send_some(socket, packet, passenger));
    return {};
}

SysResult<std::size_t> send_some(FdView socket, std::span<const std::byte> bytes,
                                 FdView passenger) noexcept {
    iovec part{const_cast<std::byte*>(bytes.data()), bytes.size()};  // only read by sendmsg
    alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (passenger.get() >= 0) {
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        const int fd = passenger.get();
        std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
    }
    for (;;) {
        const auto sent = answer("sendmsg", ::sendmsg(socket.get(), &message, MSG_NOSIGNAL));
        if (sent) return static_cast<std::size_t>(sent.value());
        if (sent.error().code != EINTR) return Failure{sent.error()};
    }
}

SysResult<Packet> receive_packet(FdView socket, std::span<std::byte> buffer) noexcept {
    iovec part{buffer.data(), buffer.size()};
    alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    // One descriptor exactly: the aligned buffer would hold a second one, and leak it.
    message.msg_controllen = CMSG_LEN(sizeof(int));
    Packet packet;
    for (;;) {
        const auto received =
            answer("recvmsg", ::recvmsg(socket.get(), &message, MSG_CMSG_CLOEXEC));
        if (received) {
            packet.size = static_cast<std::size_t>(received.value());
            break;
        }
        if (received.error().code != EINTR) return Failure{received.error()};
    }
    const cmsghdr* header = CMSG_FIRSTHDR(&message);
    if (header != nullptr && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
        int fd = -1;
        std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
        packet.passenger = UniqueFd{fd};
    }
    return packet;
}

SysResult<SocketPair> stream_socket_pair() noexcept {
    int ends[2];
    OCI_TRY(answer("socketpair", ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)));
    return SocketPair{UniqueFd{ends[0]}, UniqueFd{ends[1]}};
}

SysResult<void> send_now(FdView socket, std::string_view packet,
                         std::span<const int> passengers) noexcept {
    iovec part{const_cast<char*>(packet.data()), packet.size()};  // only read by sendmsg
    alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(int) * Delivery::most_passengers)>
        control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (passengers.size() > Delivery::most_passengers) return refuse(E2BIG, "sendmsg");
    if (!passengers.empty()) {
        message.msg_control = control.data();
        message.msg_controllen = CMSG_SPACE(passengers.size_bytes());
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(passengers.size_bytes());
        std::memcpy(CMSG_DATA(header), passengers.data(), passengers.size_bytes());
    }
    for (;;) {
        const auto sent =
            answer("sendmsg", ::sendmsg(socket.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT));
        if (sent) return {};
        if (sent.error().code != EINTR) return Failure{sent.error()};
    }
}

SysResult<Delivery> receive_now(FdView socket, std::span<char> buffer) noexcept {
    iovec part{buffer.data(), buffer.size()};
    alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(int) * Delivery::most_passengers)>
        control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    Delivery delivery;
    for (;;) {
        const auto received =
            answer("recvmsg", ::recvmsg(socket.get(), &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT));
        if (received) {
            delivery.size = static_cast<std::size_t>(received.value());
            break;
        }
        if (received.error().code != EINTR) return Failure{received.error()};
    }
    delivery.is_cut = (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0;
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
         header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(header) + i * sizeof fd, sizeof fd);
            UniqueFd owned{fd};
            if (delivery.passenger_count == Delivery::most_passengers) continue;
            delivery.passengers[delivery.passenger_count++] = std::move(owned);
        }
    }
    return delivery;
}

SysResult<PeerCredentials> peer_credentials(FdView socket) noexcept {
    ucred credentials{};
    socklen_t size = sizeof credentials;
    OCI_TRY(answer("getsockopt(SO_PEERCRED)",
                   ::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &credentials, &size)));
    return PeerCredentials{credentials.pid, credentials.uid};
}

SysResult<void> require_stream_socket(FdView socket) noexcept {
    int kind = 0;
    socklen_t size = sizeof kind;
    OCI_TRY(answer("getsockopt(SO_TYPE)",
                   ::getsockopt(socket.get(), SOL_SOCKET, SO_TYPE, &kind, &size)));
    if (kind != SOCK_STREAM) return refuse(ESOCKTNOSUPPORT, "getsockopt(SO_TYPE)");
    return {};
}

SysResult<void> set_nonblocking(FdView fd) noexcept {
    const long flags = OCI_TRY(answer("fcntl(F_GETFL)", ::fcntl(fd.get(), F_GETFL)));
    OCI_TRY(
        answer("fcntl(F_SETFL)", ::fcntl(fd.get(), F_SETFL, static_cast<int>(flags) | O_NONBLOCK)));
    return {};
}

SysResult<UniqueFd> listen_at(FdView directory, const char* name, SocketKind kind) noexcept {
    UniqueFd socket = OCI_TRY(make_socket(kind));
    const sockaddr_un address = OCI_TRY(address_of(directory, name));
    OCI_TRY(repeated("bind", [&] {
        return ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    }));
    if (kind == SocketKind::Datagram) return socket;
    constexpr int backlog = 16;
    OCI_TRY(answer("listen", ::listen(socket.get(), backlog)));
    return socket;
}

SysResult<UniqueFd> connect_at(FdView directory, const char* name, SocketKind kind,
                               int patience) noexcept {
    UniqueFd socket = OCI_TRY(make_socket(kind));
    if (patience > 0) OCI_TRY(set_send_timeout(socket, patience));
    const sockaddr_un address = OCI_TRY(address_of(directory, name));
    OCI_TRY(repeated("connect", [&] {
        return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    }));
    return socket;
}

SysResult<UniqueFd> connect_at_once(FdView directory, const char* name, SocketKind kind) noexcept {
    UniqueFd socket = OCI_TRY(make_socket(kind));
    OCI_TRY(set_nonblocking(socket));
    const sockaddr_un address = OCI_TRY(address_of(directory, name));
    OCI_TRY(repeated("connect", [&] {
        return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    }));
    return socket;
}

SysResult<UniqueFd> connect_to(std::string_view address, SocketKind kind, int patience) noexcept {
    sockaddr_un place{};
    place.sun_family = AF_UNIX;
    if (address.empty()) return refuse(EINVAL, "socket address");
    if (address.size() >= sizeof place.sun_path) return refuse(ENAMETOOLONG, "socket address");
    std::memcpy(place.sun_path, address.data(), address.size());
    std::size_t size = offsetof(sockaddr_un, sun_path) + address.size();
    // A path ends with its NUL, an abstract name where the size says: every byte counts.
    if (address.front() == '@')
        place.sun_path[0] = '\0';
    else
        ++size;
    UniqueFd socket = OCI_TRY(make_socket(kind));
    if (patience > 0) OCI_TRY(set_send_timeout(socket, patience));
    OCI_TRY(repeated("connect", [&] {
        return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&place),
                         static_cast<socklen_t>(size));
    }));
    return socket;
}

SysResult<UniqueFd> accept_connection(FdView listener) noexcept {
    for (;;) {
        const auto fd =
            answer("accept4", ::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (fd) return UniqueFd{static_cast<int>(fd.value())};
        if (fd.error().code != EINTR) return Failure{fd.error()};
    }
}

SysResult<void> set_send_timeout(FdView socket, int seconds) noexcept {
    const timeval time{.tv_sec = seconds, .tv_usec = 0};
    OCI_TRY(answer("setsockopt(SO_SNDTIMEO)",
                   ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time)));
    return {};
}

}  // namespace oci::kernel
