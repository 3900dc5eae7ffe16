// SPDX-License-Identifier: Apache-2.0
#include "kernel/netlink.hpp"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "support/catch.hpp"
#include "support/in_child.hpp"

using namespace oci;
using kernel::NetlinkMessage;
using kernel::NetlinkRequest;

namespace {

using Bytes = std::vector<std::byte>;

/// One message with a header of ours around a payload.
Bytes message(std::uint16_t type, std::span<const std::byte> payload, std::uint32_t sequence = 7,
              std::uint16_t flags = 0) {
    nlmsghdr header{};
    header.nlmsg_len = static_cast<std::uint32_t>(sizeof header + payload.size());
    header.nlmsg_type = type;
    header.nlmsg_flags = flags;
    header.nlmsg_seq = sequence;
    Bytes bytes(sizeof header);
    std::memcpy(bytes.data(), &header, sizeof header);
    bytes.insert(bytes.end(), payload.begin(), payload.end());
    bytes.resize((bytes.size() + 3U) & ~std::size_t{3});
    return bytes;
}

Bytes error_message(int code, std::string_view words) {
    nlmsgerr error{};
    error.error = -code;
    Bytes payload(sizeof error);
    std::memcpy(payload.data(), &error, sizeof error);
    const nlattr attribute{static_cast<std::uint16_t>(sizeof(nlattr) + words.size()),
                           NLMSGERR_ATTR_MSG};
    const auto header = std::as_bytes(std::span{&attribute, 1});
    const auto text = std::as_bytes(std::span{words});
    payload.insert(payload.end(), header.begin(), header.end());
    payload.insert(payload.end(), text.begin(), text.end());
    return message(NLMSG_ERROR, payload, 7, NLM_F_CAPPED | NLM_F_ACK_TLVS);
}

struct Answer {
    bool complete = false;
    int code = 0;
    std::string text;
    std::vector<NetlinkMessage> messages;
};

Answer read(const Bytes& datagram) {
    Answer answer;
    const auto done = kernel::read_answer(datagram, 7, "RTM_GETLINK", answer.messages);
    if (done) {
        answer.complete = done.value();
    } else {
        answer.code = done.error().code;
        answer.text = done.error().text;
    }
    return answer;
}

const Bytes four_zeros(4);

}  // namespace

TEST_CASE("a request carries its length, its number and padded attributes") {
    NetlinkRequest request{"RTM_NEWLINK", RTM_NEWLINK, 0};
    request.header(ifinfomsg{}).add_text(IFLA_IFNAME, "eth0").add_value(IFLA_MTU, 1400);
    const auto bytes = request.finish(42);
    nlmsghdr header{};
    std::memcpy(&header, bytes.data(), sizeof header);
    CHECK(header.nlmsg_len == bytes.size());
    CHECK(bytes.size() == 16 + 16 + 12 + 8);
    CHECK(header.nlmsg_seq == 42);
    CHECK(header.nlmsg_flags == (NLM_F_REQUEST | NLM_F_ACK));
    const NetlinkMessage sent{RTM_NEWLINK, {bytes.begin() + 16, bytes.end()}};
    const auto attributes = kernel::attributes_of(sent, sizeof(ifinfomsg));
    REQUIRE(attributes);
    REQUIRE(attributes->size() == 2);
    CHECK((*attributes)[0].type == IFLA_IFNAME);
    CHECK((*attributes)[0].value.size() == 5);
    CHECK(kernel::text_of((*attributes)[0]) == "eth0");
    CHECK(kernel::value_of<int>((*attributes)[1]) == 1400);
    CHECK_FALSE(kernel::value_of<std::uint64_t>((*attributes)[1]));
}

TEST_CASE("an attribute may hold others, at any depth") {
    NetlinkRequest request{"RTM_NEWLINK", RTM_NEWLINK, 0};
    request.header(ifinfomsg{});
    const std::size_t info = request.open(IFLA_LINKINFO);
    request.add_text(IFLA_INFO_KIND, "veth");
    const std::size_t data = request.open(IFLA_INFO_DATA);
    request.add_value(7, std::uint8_t{9});
    request.close(data);
    request.close(info);
    request.add_value(IFLA_MTU, 1400);
    const auto bytes = request.finish(1);
    const NetlinkMessage sent{RTM_NEWLINK, {bytes.begin() + 16, bytes.end()}};
    const auto attributes = kernel::attributes_of(sent, sizeof(ifinfomsg));
    REQUIRE((attributes && attributes->size() == 2));
    const auto inner = kernel::attributes_of(attributes->front());
    REQUIRE((inner && inner->size() == 2));
    CHECK(kernel::text_of((*inner)[0]) == "veth");
    const auto innermost = kernel::attributes_of((*inner)[1]);
    REQUIRE((innermost && innermost->size() == 1));
    CHECK(kernel::value_of<std::uint8_t>(innermost->front()) == 9);
    CHECK_FALSE(kernel::attributes_of((*inner)[0]));  // a text is no list
}

TEST_CASE("a list asks for no acknowledgement: it has an end") {
    NetlinkRequest request{"RTM_GETADDR", RTM_GETADDR, NLM_F_DUMP};
    CHECK(request.is_dump());
    nlmsghdr header{};
    std::memcpy(&header, request.finish(1).data(), sizeof header);
    CHECK((header.nlmsg_flags & NLM_F_ACK) == 0);
}

TEST_CASE("an answer is complete with its acknowledgement or its end") {
    CHECK_FALSE(read(message(RTM_NEWLINK, four_zeros)).complete);
    CHECK(read(message(NLMSG_DONE, four_zeros)).complete);
    CHECK(read(error_message(0, "")).complete);
    Bytes both = message(RTM_NEWLINK, four_zeros);
    const Bytes end = message(NLMSG_DONE, four_zeros);
    both.insert(both.end(), end.begin(), end.end());
    const Answer answer = read(both);
    CHECK(answer.complete);
    CHECK(answer.messages.size() == 1);
}

TEST_CASE("a refusal has the kernel's words") {
    const Answer answer = read(error_message(EINVAL, std::string_view{"no such thing\0", 14}));
    CHECK(answer.code == EINVAL);
    CHECK(answer.text == "no such thing");
    const kernel::NetlinkError error{EINVAL, "RTM_NEWLINK", "no such thing"};
    CHECK(static_cast<Error>(error).message == "RTM_NEWLINK: invalid argument (no such thing)");
    CHECK(static_cast<Error>(error).number == EINVAL);
}

TEST_CASE("what belongs to another request is passed over") {
    CHECK_FALSE(read(message(NLMSG_DONE, four_zeros, 6)).complete);
    CHECK(read(message(RTM_NEWLINK, four_zeros, 6)).messages.empty());
}

TEST_CASE("a list that changed while it was read is no answer") {
    CHECK(read(message(RTM_NEWADDR, four_zeros, 7, NLM_F_DUMP_INTR)).code == EINTR);
}

TEST_CASE("a message that lies about lengths is refused") {
    Bytes bytes = message(RTM_NEWLINK, four_zeros);
    for (const std::uint32_t length : {0U, 15U, 24U, 0xffffffffU}) {
        std::memcpy(bytes.data(), &length, sizeof length);
        CHECK(read(bytes).code == EBADMSG);
    }
    CHECK(read(Bytes(3)).code == EBADMSG);
    CHECK(read(message(NLMSG_ERROR, four_zeros)).code == EBADMSG);
}

TEST_CASE("attributes that lie about lengths are refused") {
    Bytes payload(sizeof(ifaddrmsg) + 8);
    const auto with_length = [&](std::uint16_t length) {
        std::memcpy(payload.data() + sizeof(ifaddrmsg), &length, sizeof length);
        return kernel::attributes_of({RTM_NEWADDR, payload}, sizeof(ifaddrmsg)).has_value();
    };
    CHECK(with_length(8));
    CHECK(with_length(5));
    for (const int length : {0, 3, 9, 0xffff})
        CHECK_FALSE(with_length(static_cast<std::uint16_t>(length)));
    CHECK_FALSE(kernel::attributes_of({RTM_NEWADDR, Bytes(4)}, sizeof(ifaddrmsg)));
    CHECK_FALSE(kernel::header_of<ifaddrmsg>({RTM_NEWADDR, Bytes(4)}));
}

TEST_CASE("the kernel answers: there is a loopback device, and no other of such a name") {
    auto socket = kernel::RouteSocket::open();
    REQUIRE(socket);
    const auto ask = [&](const char* name) {
        NetlinkRequest request{"RTM_GETLINK", RTM_GETLINK, 0};
        request.header(ifinfomsg{}).add_text(IFLA_IFNAME, name);
        return socket.value().ask(std::move(request));
    };
    const auto found = ask("lo");
    REQUIRE(found);
    CHECK(found.value().size() == 1);
    const auto missing = ask("no-such-device");
    REQUIRE_FALSE(missing);
    CHECK(missing.error().code == ENODEV);
    CHECK(ask("lo"));
}
