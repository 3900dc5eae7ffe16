// SPDX-License-Identifier: Apache-2.0
//
// Stream sockets of a server, none of which ever blocks: TCP listeners, connections, who the peer
// is.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "kernel/sys_result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::kernel {

/// A listening TCP socket; address: "127.0.0.1", "::1". EINVAL if it is no address of these two
/// families.
SysResult<UniqueFd> listen_on_tcp(const char* address, std::uint16_t port) noexcept;

/// Whether a socket of TCP, or of UDP, could have this address and port now: EADDRINUSE,
/// EADDRNOTAVAIL. EAFNOSUPPORT: the machine is without that family.
SysResult<void> try_port(const char* address, std::uint16_t port, bool is_tcp) noexcept;

/// How many may wait to be accepted; of a socket that listens already, too.
SysResult<void> set_backlog(FdView listener, int most) noexcept;

struct Endpoint {
    bool is_unix = false;
    std::string address{};  ///< "127.0.0.1", "::1", or the path of a Unix socket.
    std::uint16_t port = 0;
    bool is_loopback = false;
};
/// Of the socket itself. EAFNOSUPPORT if it is neither TCP nor Unix.
SysResult<Endpoint> endpoint_of(FdView socket);
/// Of the other side.
SysResult<Endpoint> peer_endpoint(FdView socket);

/// Whether the socket listens for streams; ENOTSOCK and so on if it is none.
SysResult<bool> is_stream_listener(FdView socket) noexcept;

/// The next connection, close-on-exec and not blocking. EAGAIN if there is none.
SysResult<UniqueFd> accept_without_blocking(FdView listener) noexcept;

/// Small packets go at once.
SysResult<void> set_no_delay(FdView socket) noexcept;

/// Of TCP: a peer that has vanished is found out some time.
SysResult<void> set_keep_alive(FdView socket) noexcept;

/// Tells the other side that nothing more comes.
SysResult<void> finish_sending(FdView socket) noexcept;

}  // namespace oci::kernel
