// SPDX-License-Identifier: Apache-2.0
#include "kernel/netlink.hpp"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "kernel/sys_result.hpp"

namespace oci::kernel {
namespace {

constexpr std::size_t largest_datagram = 64U << 10U;  // the kernel fills 32 KiB at most
constexpr std::size_t largest_answer = 16U << 20U;
constexpr int patience_seconds = 10;  // the answer is there when sending returns

constexpr std::size_t aligned(std::size_t size) { return (size + 3U) & ~std::size_t{3}; }

Failure<NetlinkError> failed(const char* call) { return Failure{NetlinkError{errno, call, {}}}; }

Failure<NetlinkError> malformed(const char* name) {
    return Failure{NetlinkError{EBADMSG, name, {}}};
}

template <typename T>
T read_at(std::span<const std::byte> bytes, std::size_t offset) noexcept {
    T value;
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

std::optional<std::vector<NetlinkAttribute>> attributes_in(std::span<const std::byte> bytes) {
    std::vector<NetlinkAttribute> attributes;
    while (bytes.size() >= sizeof(nlattr)) {
        const auto header = read_at<nlattr>(bytes, 0);
        if (header.nla_len < sizeof(nlattr) || header.nla_len > bytes.size()) return std::nullopt;
        attributes.push_back({static_cast<std::uint16_t>(header.nla_type & NLA_TYPE_MASK),
                              bytes.subspan(sizeof(nlattr), header.nla_len - sizeof(nlattr))});
        bytes = bytes.subspan(std::min(aligned(header.nla_len), bytes.size()));
    }
    if (!bytes.empty()) return std::nullopt;
    return attributes;
}

/// The words behind an error. NLM_F_CAPPED: the request does not stand before them.
std::string words_of(const nlmsghdr& header, std::span<const std::byte> payload) {
    if ((header.nlmsg_flags & NLM_F_ACK_TLVS) == 0) return {};
    std::size_t skip = sizeof(nlmsgerr);
    if ((header.nlmsg_flags & NLM_F_CAPPED) == 0) {
        const auto request = read_at<nlmsgerr>(payload, 0).msg;
        skip +=
            aligned(std::max<std::size_t>(request.nlmsg_len, sizeof(nlmsghdr))) - sizeof(nlmsghdr);
    }
    if (skip > payload.size()) return {};
    const auto attributes = attributes_in(payload.subspan(skip));
    if (!attributes) return {};
    for (const NetlinkAttribute& attribute : *attributes)
        if (attribute.type == NLMSGERR_ATTR_MSG) return text_of(attribute);
    return {};
}

/// The end of an answer: 0, or a negative errno.
NetlinkResult<bool> read_end(const nlmsghdr& header, std::span<const std::byte> payload,
                             const char* name) {
    const bool is_error = header.nlmsg_type == NLMSG_ERROR;
    const std::size_t least = is_error ? sizeof(nlmsgerr) : sizeof(int);
    // Only an error has to say something.
    if (payload.size() < least && is_error) return malformed(name);
    const int code = payload.size() < least ? 0 : read_at<int>(payload, 0);
    if (code == 0) return true;
    if (code > 0) return malformed(name);
    return Failure{NetlinkError{-code, name, is_error ? words_of(header, payload) : std::string{}}};
}

}  // namespace

NetlinkError::operator Error() const {
    std::string message = call + ": " + errno_text(code);
    if (!text.empty()) message += " (" + text + ")";
    return {.kind = ErrorKind::System, .message = std::move(message), .number = code};
}

NetlinkRequest::NetlinkRequest(const char* name, std::uint16_t type, std::uint16_t flags)
    : name_{name} {
    nlmsghdr header{};
    header.nlmsg_type = type;
    header.nlmsg_flags = static_cast<std::uint16_t>(flags | NLM_F_REQUEST);
    append(std::as_bytes(std::span{&header, 1}));
    // A list ends by itself; all else ends with an acknowledgement.
    if (!is_dump()) {
        header.nlmsg_flags |= NLM_F_ACK;
        std::memcpy(bytes_.data(), &header, sizeof header);
    }
}

bool NetlinkRequest::is_dump() const noexcept {
    return (read_at<nlmsghdr>(bytes_, 0).nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
}

void NetlinkRequest::append(std::span<const std::byte> bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    bytes_.resize(aligned(bytes_.size()));
}

NetlinkRequest& NetlinkRequest::add(std::uint16_t type, std::span<const std::byte> value) {
    const nlattr header{static_cast<std::uint16_t>(sizeof(nlattr) + value.size()), type};
    append(std::as_bytes(std::span{&header, 1}));
    append(value);
    return *this;
}

std::size_t NetlinkRequest::open(std::uint16_t type) {
    const std::size_t place = bytes_.size();
    const nlattr header{sizeof(nlattr), static_cast<std::uint16_t>(type | NLA_F_NESTED)};
    append(std::as_bytes(std::span{&header, 1}));
    return place;
}

void NetlinkRequest::close(std::size_t place) noexcept {
    auto header = read_at<nlattr>(bytes_, place);
    header.nla_len = static_cast<std::uint16_t>(bytes_.size() - place);
    std::memcpy(bytes_.data() + place, &header, sizeof header);
}

NetlinkRequest& NetlinkRequest::add_text(std::uint16_t type, std::string_view text) {
    const std::string terminated{text};
    return add(type, std::as_bytes(std::span{terminated.c_str(), terminated.size() + 1}));
}

std::span<const std::byte> NetlinkRequest::finish(std::uint32_t sequence) {
    auto header = read_at<nlmsghdr>(bytes_, 0);
    header.nlmsg_len = static_cast<std::uint32_t>(bytes_.size());
    header.nlmsg_seq = sequence;
    std::memcpy(bytes_.data(), &header, sizeof header);
    return bytes_;
}

std::string text_of(const NetlinkAttribute& attribute) {
    const auto* const begin = reinterpret_cast<const char*>(attribute.value.data());
    const std::string_view text{begin, attribute.value.size()};
    return std::string{text.substr(0, text.find('\0'))};
}

std::optional<std::vector<NetlinkAttribute>> attributes_of(const NetlinkMessage& message,
                                                           std::size_t header_size) {
    const std::size_t skip = aligned(header_size);
    if (message.payload.size() < skip) return std::nullopt;
    return attributes_in(std::span{message.payload}.subspan(skip));
}

std::optional<std::vector<NetlinkAttribute>> attributes_of(const NetlinkAttribute& attribute) {
    return attributes_in(attribute.value);
}

NetlinkResult<bool> read_answer(std::span<const std::byte> datagram, std::uint32_t sequence,
                                const char* name, std::vector<NetlinkMessage>& messages) {
    while (!datagram.empty()) {
        if (datagram.size() < sizeof(nlmsghdr)) return malformed(name);
        const auto header = read_at<nlmsghdr>(datagram, 0);
        if (header.nlmsg_len < sizeof(nlmsghdr) || header.nlmsg_len > datagram.size())
            return malformed(name);
        const auto payload =
            datagram.subspan(sizeof(nlmsghdr), header.nlmsg_len - sizeof(nlmsghdr));
        datagram = datagram.subspan(std::min(aligned(header.nlmsg_len), datagram.size()));
        if (header.nlmsg_seq != sequence) continue;  // the rest of an answer that was given up
        if ((header.nlmsg_flags & NLM_F_DUMP_INTR) != 0)
            return Failure{NetlinkError{EINTR, name, {}}};
        if (header.nlmsg_type == NLMSG_ERROR || header.nlmsg_type == NLMSG_DONE)
            return read_end(header, payload, name);
        if (header.nlmsg_type < NLMSG_MIN_TYPE) continue;
        messages.push_back({header.nlmsg_type, {payload.begin(), payload.end()}});
    }
    return false;
}

NetlinkResult<RouteSocket> RouteSocket::open() {
    return open(NETLINK_ROUTE, "socket(NETLINK_ROUTE)");
}

NetlinkResult<RouteSocket> RouteSocket::open_netfilter() {
    return open(NETLINK_NETFILTER, "socket(NETLINK_NETFILTER)");
}

NetlinkResult<RouteSocket> RouteSocket::open(int protocol, const char* call) {
    UniqueFd socket{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol)};
    if (!socket) return failed(call);
    const int on = 1;
    for (const int option : {NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK})
        if (::setsockopt(socket.get(), SOL_NETLINK, option, &on, sizeof on) != 0)
            return failed("setsockopt(SOL_NETLINK)");
    const timeval time{.tv_sec = patience_seconds, .tv_usec = 0};
    if (::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time) != 0)
        return failed("setsockopt(SO_RCVTIMEO)");
    return RouteSocket{std::move(socket)};
}

NetlinkResult<std::span<const std::byte>> RouteSocket::receive(std::vector<std::byte>& buffer) {
    for (;;) {
        sockaddr_nl sender{};
        iovec part{buffer.data(), buffer.size()};
        msghdr message{};
        message.msg_name = &sender;
        message.msg_namelen = sizeof sender;
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        const auto size = ::recvmsg(socket_.get(), &message, 0);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return failed("recvmsg");
        if (sender.nl_pid != 0) continue;  // another process, not the kernel
        if ((message.msg_flags & MSG_TRUNC) != 0)
            return Failure{NetlinkError{EMSGSIZE, "recvmsg", {}}};
        return std::span<const std::byte>{buffer.data(), static_cast<std::size_t>(size)};
    }
}

NetlinkResult<std::vector<NetlinkMessage>> RouteSocket::ask(NetlinkRequest request) {
    const std::uint32_t sequence = ++sequence_;
    const auto bytes = request.finish(sequence);
    for (;;) {
        if (::send(socket_.get(), bytes.data(), bytes.size(), 0) >= 0) break;
        if (errno != EINTR) return failed("send");
    }
    std::vector<std::byte> buffer(largest_datagram);
    std::vector<NetlinkMessage> messages;
    for (std::size_t received = 0; received <= largest_answer;) {
        const auto datagram = OCI_TRY(receive(buffer));
        const bool is_complete = OCI_TRY(read_answer(datagram, sequence, request.name(), messages));
        if (is_complete) return messages;
        received += datagram.size();
    }
    return Failure{NetlinkError{EFBIG, request.name(), {}}};
}

}  // namespace oci::kernel
