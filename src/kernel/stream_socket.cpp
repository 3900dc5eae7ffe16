// SPDX-License-Identifier: Apache-2.0
#include "kernel/stream_socket.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace oci::kernel {
namespace {

struct Address {
    sockaddr_storage storage{};
    socklen_t size = 0;
};

SysResult<Address> parse_address(const char* text, std::uint16_t port) noexcept {
    Address address;
    sockaddr_in four{};
    sockaddr_in6 six{};
    if (::inet_pton(AF_INET, text, &four.sin_addr) == 1) {
        four.sin_family = AF_INET;
        four.sin_port = htons(port);
        address.size = sizeof four;
        std::memcpy(&address.storage, &four, sizeof four);
        return address;
    }
    if (::inet_pton(AF_INET6, text, &six.sin6_addr) == 1) {
        six.sin6_family = AF_INET6;
        six.sin6_port = htons(port);
        address.size = sizeof six;
        std::memcpy(&address.storage, &six, sizeof six);
        return address;
    }
    return refuse(EINVAL, "inet_pton");
}

SysResult<Endpoint> read_endpoint(const Address& address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (address.storage.ss_family == AF_INET) {
        sockaddr_in four{};
        std::memcpy(&four, &address.storage, sizeof four);
        (void)::inet_ntop(AF_INET, &four.sin_addr, text.data(), text.size());  // it is one
        const bool is_loopback = (ntohl(four.sin_addr.s_addr) >> 24U) == IN_LOOPBACKNET;
        return Endpoint{
            .address = text.data(), .port = ntohs(four.sin_port), .is_loopback = is_loopback};
    }
    if (address.storage.ss_family == AF_INET6) {
        sockaddr_in6 six{};
        std::memcpy(&six, &address.storage, sizeof six);
        (void)::inet_ntop(AF_INET6, &six.sin6_addr, text.data(), text.size());  // it is one
        return Endpoint{.address = text.data(),
                        .port = ntohs(six.sin6_port),
                        .is_loopback = IN6_IS_ADDR_LOOPBACK(&six.sin6_addr) != 0};
    }
    if (address.storage.ss_family == AF_UNIX) {
        sockaddr_un path{};
        std::memcpy(&path, &address.storage, std::min<std::size_t>(address.size, sizeof path));
        const std::size_t length = ::strnlen(path.sun_path, sizeof path.sun_path);
        return Endpoint{.is_unix = true, .address{path.sun_path, length}};
    }
    return refuse(EAFNOSUPPORT, "socket");
}

SysResult<int> socket_option(FdView socket, int option) noexcept {
    int value = 0;
    socklen_t size = sizeof value;
    OCI_TRY(answer("getsockopt", ::getsockopt(socket.get(), SOL_SOCKET, option, &value, &size)));
    return value;
}

}  // namespace

SysResult<UniqueFd> listen_on_tcp(const char* address, std::uint16_t port) noexcept {
    const Address place = OCI_TRY(parse_address(address, port));
    const long fd =
        OCI_TRY(answer("socket", ::socket(place.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0)));
    UniqueFd socket{static_cast<int>(fd)};
    const int on = 1;
    OCI_TRY(answer("setsockopt(SO_REUSEADDR)",
                   ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on)));
    OCI_TRY(answer("bind", ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&place.storage),
                                  place.size)));
    constexpr int backlog = 128;
    OCI_TRY(set_backlog(socket, backlog));
    return socket;
}

SysResult<void> try_port(const char* address, std::uint16_t port, bool is_tcp) noexcept {
    const Address place = OCI_TRY(parse_address(address, port));
    const int type = (is_tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC;
    const long fd = OCI_TRY(answer("socket", ::socket(place.storage.ss_family, type, 0)));
    const UniqueFd socket{static_cast<int>(fd)};
    const int on = 1;
    // Connections that have ended may still wait; with UDP the word means to share.
    if (is_tcp) (void)::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (place.storage.ss_family == AF_INET6)
        (void)::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    OCI_TRY(answer("bind", ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&place.storage),
                                  place.size)));
    return {};
}

SysResult<void> set_backlog(FdView listener, int most) noexcept {
    OCI_TRY(answer("listen", ::listen(listener.get(), most)));
    return {};
}

SysResult<Endpoint> endpoint_of(FdView socket) {
    Address address{.size = sizeof(sockaddr_storage)};
    OCI_TRY(answer(
        "getsockname",
        ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address.storage), &address.size)));
    return read_endpoint(address);
}

SysResult<Endpoint> peer_endpoint(FdView socket) {
    Address address{.size = sizeof(sockaddr_storage)};
    OCI_TRY(answer(
        "getpeername",
        ::getpeername(socket.get(), reinterpret_cast<sockaddr*>(&address.storage), &address.size)));
    return read_endpoint(address);
}

SysResult<bool> is_stream_listener(FdView socket) noexcept {
    const int type = OCI_TRY(socket_option(socket, SO_TYPE));
    const int listens = OCI_TRY(socket_option(socket, SO_ACCEPTCONN));
    return type == SOCK_STREAM && listens != 0;
}

SysResult<UniqueFd> accept_without_blocking(FdView listener) noexcept {
    for (;;) {
        const auto fd = answer(
            "accept4", ::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (fd) return UniqueFd{static_cast<int>(fd.value())};
        if (fd.error().code != EINTR) return Failure{fd.error()};
    }
}

SysResult<void> set_no_delay(FdView socket) noexcept {
    const int on = 1;
    OCI_TRY(answer("setsockopt(TCP_NODELAY)",
                   ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on)));
    return {};
}

SysResult<void> set_keep_alive(FdView socket) noexcept {
    const int on = 1;
    OCI_TRY(answer("setsockopt(SO_KEEPALIVE)",
                   ::setsockopt(socket.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on)));
    return {};
}

SysResult<void> finish_sending(FdView socket) noexcept {
    OCI_TRY(answer("shutdown", ::shutdown(socket.get(), SHUT_WR)));
    return {};
}

}  // namespace oci::kernel
