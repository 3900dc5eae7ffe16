// SPDX-License-Identifier: Apache-2.0
//
// Servers for tests of networks.
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "payload.hpp"

namespace payload {
namespace {

/// Of both families, on all addresses; -1 and errno if there is none.
int bound_socket(int type, const char* port) {
    const int socket = ::socket(AF_INET6, type | SOCK_CLOEXEC, 0);
    if (socket < 0) return -1;
    const int on = 1;
    const int off = 0;
    (void)::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    (void)::setsockopt(socket, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(static_cast<std::uint16_t>(std::strtoul(port, nullptr, 10)));
    sockaddr_storage storage{};
    std::memcpy(&storage, &address, sizeof address);
    if (::bind(socket, reinterpret_cast<sockaddr*>(&storage), sizeof address) != 0) return -1;
    return socket;
}

void say_ready() {
    std::printf("ready\n");
    (void)std::fflush(stdout);
}

/// "/page" of "GET /page HTTP/1.1".
std::string path_in(std::string_view request) {
    const std::size_t begin = request.find(' ') + 1;
    return std::string{request.substr(begin, request.find(' ', begin) - begin)};
}

void answer(int client, const std::string& directory) {
    std::array<char, 4096> request{};
    const auto size = ::read(client, request.data(), request.size());
    if (size <= 0) return;
    const std::string_view text{request.data(), static_cast<std::size_t>(size)};
    const std::string page = slurp((directory + path_in(text)).c_str());
    const std::string head = "HTTP/1.0 200 OK\r\nContent-Length: " + std::to_string(page.size());
    const std::string whole = head + "\r\n\r\n" + page;
    (void)!::write(client, whole.data(), whole.size());
}

}  // namespace

int serve_http(int argc, char** argv) {
    if (argc < 4) return 2;
    (void)::signal(SIGPIPE, SIG_IGN);
    const int listener = bound_socket(SOCK_STREAM, argv[2]);
    if (listener < 0 || ::listen(listener, 16) != 0) return errno;
    say_ready();
    for (;;) {
        const int client = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (client < 0) continue;
        answer(client, argv[3]);
        ::close(client);
    }
}

int serve_echo(int argc, char** argv) {
    if (argc < 3) return 2;
    const int socket = bound_socket(SOCK_DGRAM, argv[2]);
    if (socket < 0) return errno;
    say_ready();
    for (;;) {
        std::array<char, 2048> packet{};
        sockaddr_storage from{};
        socklen_t length = sizeof from;
        auto* const address = reinterpret_cast<sockaddr*>(&from);
        const auto size = ::recvfrom(socket, packet.data(), packet.size(), 0, address, &length);
        if (size < 0) continue;
        (void)::sendto(socket, packet.data(), static_cast<std::size_t>(size), 0, address, length);
    }
}

}  // namespace payload
