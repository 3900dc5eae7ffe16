// SPDX-License-Identifier: Apache-2.0
//
// Unix sockets: packets between parent and init, descriptors over them.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "kernel/sys_result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::kernel {

struct SocketPair {
    UniqueFd first;
    UniqueFd second;
};
SysResult<SocketPair> packet_socket_pair() noexcept;

/// Sends bytes, and a descriptor with them unless it is -1.
SysResult<void> send_packet(FdView socket, std::span<const std::byte> packet,
                            FdView passenger = FdView{-1}) noexcept;

/// Over a stream: as many bytes as it takes now, at least one.
SysResult<std::size_t> send_some(FdView socket, std::span<const std::byte> bytes,
                                 FdView passenger = FdView{-1}) noexcept;

struct Packet {
    std::size_t size = 0;  ///< 0 when the other side is gone.
    UniqueFd passenger;
};
SysResult<Packet> receive_packet(FdView socket, std::span<std::byte> buffer) noexcept;

/// Several descriptors over a packet socket, never waiting: EAGAIN if there is no room.
SysResult<void> send_now(FdView socket, std::string_view packet,
                         std::span<const int> passengers = {}) noexcept;

struct Delivery {
    static constexpr std::size_t most_passengers = 8;

    std::size_t size = 0;  ///< 0 when the other side is gone.
    std::array<UniqueFd, most_passengers> passengers{};
    std::size_t passenger_count = 0;
    bool is_cut = false;  ///< The packet was larger than the buffer, or had too many passengers.
};
/// Never waits: EAGAIN if there is nothing.
SysResult<Delivery> receive_now(FdView socket, std::span<char> buffer) noexcept;

struct PeerCredentials {
    pid_t pid = 0;  ///< 0: of a pid namespace that we cannot see.
    uid_t uid = 0;
};
/// Who was at the other end when it connected.
SysResult<PeerCredentials> peer_credentials(FdView socket) noexcept;

/// Two connected ends, close-on-exec.
SysResult<SocketPair> stream_socket_pair() noexcept;

/// Whether it is a unix socket of this kind.
SysResult<void> require_stream_socket(FdView socket) noexcept;

SysResult<void> set_nonblocking(FdView fd) noexcept;

enum class SocketKind : unsigned char { Stream, Packet, Datagram };

/// A listening (or, for datagrams, bound) socket at directory/name; the path may be longer
/// than sockaddr_un holds, because it is reached through the directory's descriptor.
SysResult<UniqueFd> listen_at(FdView directory, const char* name, SocketKind kind) noexcept;
/// patience: as set_send_timeout(), from before the connection on; 0: for ever.
SysResult<UniqueFd> connect_at(FdView directory, const char* name, SocketKind kind,
                               int patience = 0) noexcept;
/// The same without waiting: EAGAIN where the backlog is full. Nor does the socket wait later.
SysResult<UniqueFd> connect_at_once(FdView directory, const char* name, SocketKind kind) noexcept;
/// As sd_notify(3) spells addresses: a path, or "@name" in the abstract namespace.
SysResult<UniqueFd> connect_to(std::string_view address, SocketKind kind,
                               int patience = 0) noexcept;
SysResult<UniqueFd> accept_connection(FdView listener) noexcept;

/// Sending, and connecting where the backlog is full, gives up with EAGAIN after that time.
SysResult<void> set_send_timeout(FdView socket, int seconds) noexcept;

}  // namespace oci::kernel
