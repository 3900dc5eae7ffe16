// SPDX-License-Identifier: Apache-2.0
//
// rtnetlink: requests about network devices, and the kernel's answers. These
// allocate: for the parent only, never in init.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::kernel {

/// What was refused, and the kernel's own words where it has some.
struct NetlinkError {
    int code = 0;
    std::string call;  ///< "RTM_NEWLINK", or the system call that failed.
    std::string text;  ///< NLMSGERR_ATTR_MSG: "Attribute failed policy validation".

    explicit operator Error() const;
};

template <typename T>
using NetlinkResult = Result<T, NetlinkError>;

/// A message on its way to the kernel: the fixed header of its type first, then attributes.
class NetlinkRequest {
public:
    /// name: of the type, for errors. flags: NLM_F_* beside NLM_F_REQUEST.
    NetlinkRequest(const char* name, std::uint16_t type, std::uint16_t flags);

    template <typename Header>
    requires std::is_trivially_copyable_v<Header> NetlinkRequest& header(const Header& header) {
        append(std::as_bytes(std::span{&header, 1}));
        return *this;
    }
    NetlinkRequest& add(std::uint16_t type, std::span<const std::byte> value);
    /// What is added from here to close() is one attribute's value. close() takes what open() gave.
    [[nodiscard]] std::size_t open(std::uint16_t type);
    void close(std::size_t place) noexcept;
    /// With the NUL that the kernel wants at its end.
    NetlinkRequest& add_text(std::uint16_t type, std::string_view text);
    template <typename Value>
    requires std::is_trivially_copyable_v<Value> NetlinkRequest& add_value(std::uint16_t type,
                                                                           const Value& value) {
        return add(type, std::as_bytes(std::span{&value, 1}));
    }

    [[nodiscard]] const char* name() const noexcept { return name_; }
    [[nodiscard]] bool is_dump() const noexcept;
    /// The whole message, its length and this number filled in.
    [[nodiscard]] std::span<const std::byte> finish(std::uint32_t sequence);

private:
    void append(std::span<const std::byte> bytes);

    const char* name_;
    std::vector<std::byte> bytes_;
};

struct NetlinkAttribute {
    std::uint16_t type = 0;
    std::span<const std::byte> value;
};

/// A message of an answer, without its netlink header.
struct NetlinkMessage {
    std::uint16_t type = 0;
    std::vector<std::byte> payload;
};

/// The fixed header of a message; nothing if the message is shorter.
template <typename Header>
requires std::is_trivially_copyable_v<Header> std::optional<Header> header_of(
    const NetlinkMessage& message) {
    if (message.payload.size() < sizeof(Header)) return std::nullopt;
    Header header;
    std::memcpy(&header, message.payload.data(), sizeof header);
    return header;
}

/// The value of an attribute if it has exactly the size of its type.
template <typename Value>
requires std::is_trivially_copyable_v<Value> std::optional<Value> value_of(
    const NetlinkAttribute& attribute) {
    if (attribute.value.size() != sizeof(Value)) return std::nullopt;
    Value value;
    std::memcpy(&value, attribute.value.data(), sizeof value);
    return value;
}

/// Up to the NUL.
std::string text_of(const NetlinkAttribute& attribute);

/// All attributes behind a fixed header of that size. They look into the message.
/// Nothing if a length lies.
std::optional<std::vector<NetlinkAttribute>> attributes_of(const NetlinkMessage& message,
                                                           std::size_t header_size);

/// The attributes that are the value of one.
std::optional<std::vector<NetlinkAttribute>> attributes_of(const NetlinkAttribute& attribute);

/// Takes one datagram of an answer apart, and adds what it carries to `messages`. True once the
/// answer is complete. EBADMSG for one that lies about lengths; EINTR if what was listed changed
/// meanwhile. name: as in NetlinkRequest.
NetlinkResult<bool> read_answer(std::span<const std::byte> datagram, std::uint32_t sequence,
                                const char* name, std::vector<NetlinkMessage>& messages);

/// Speaks to the network namespace in which it was opened, wherever the caller is later.
class RouteSocket {
public:
    RouteSocket() = default;
    static NetlinkResult<RouteSocket> open();
    /// The same for packet filters: requests about tables and chains.
    static NetlinkResult<RouteSocket> open_netfilter();

    /// Sends a request and waits for the whole answer: nothing but an acknowledgement, or messages.
    NetlinkResult<std::vector<NetlinkMessage>> ask(NetlinkRequest request);

private:
    static NetlinkResult<RouteSocket> open(int protocol, const char* call);
    explicit RouteSocket(UniqueFd socket) noexcept : socket_{std::move(socket)} {}
    NetlinkResult<std::span<const std::byte>> receive(std::vector<std::byte>& buffer);

    UniqueFd socket_;
    std::uint32_t sequence_ = 0;
};

}  // namespace oci::kernel
