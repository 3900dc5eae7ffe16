// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/systemd/message.hpp"

#include "support/catch.hpp"

using namespace oci::cgroups::systemd;

namespace {

template <std::size_t size>
std::string text(const char (&literal)[size]) {
    return {literal, size - 1};
}

Message hello() {
    Message call;
    call.serial = 1;
    call.path = "/org/freedesktop/DBus";
    call.interface = "org.freedesktop.DBus";
    call.member = "Hello";
    call.destination = "org.freedesktop.DBus";
    return call;
}

}  // namespace

TEST_CASE("a call is written as a bus expects it") {
    CHECK(marshal(hello()) == text("l\1\0\1\0\0\0\0\1\0\0\0m\0\0\0"
                                   "\1\1o\0\25\0\0\0/org/freedesktop/DBus\0\0\0"
                                   "\2\1s\0\24\0\0\0org.freedesktop.DBus\0\0\0\0"
                                   "\3\1s\0\5\0\0\0Hello\0\0\0"
                                   "\6\1s\0\24\0\0\0org.freedesktop.DBus\0\0\0\0"));
}

TEST_CASE("a message that is written can be read") {
    Message signal = hello();
    signal.type = MessageType::Signal;
    signal.serial = 77;
    signal.reply_to = 5;
    signal.error = "a.b";
    signal.sender = ":1.9";
    signal.body = {uint32(3), string("done"), strings({"x"})};
    const std::string bytes = marshal(signal);
    CHECK(message_length(bytes).value() == bytes.size());
    const auto read = unmarshal(bytes);
    REQUIRE(read);
    CHECK(read.value().type == MessageType::Signal);
    CHECK(read.value().serial == 77);
    CHECK(read.value().reply_to == 5);
    CHECK(read.value().member == "Hello");
    CHECK(read.value().error == "a.b");
    CHECK(read.value().sender == ":1.9");
    CHECK(read.value().body == signal.body);
}

TEST_CASE("the text of a message is its first string") {
    Message error;
    CHECK(error.text().empty());
    error.body = {uint32(1)};
    CHECK(error.text().empty());
    error.body = {string("why")};
    CHECK(error.text() == "why");
}

TEST_CASE("what is no message, or too long, is refused before it is waited for") {
    CHECK_FALSE(message_length("l"));
    CHECK_FALSE(message_length(text("HTTP/1.1 400 Bad")));
    CHECK_FALSE(message_length(text("l\1\0\1\xff\xff\xff\x7f\1\0\0\0\0\0\0\0")));
    CHECK_FALSE(message_length(text("l\1\0\1\0\0\0\0\1\0\0\0\xff\xff\xff\xff")));
}

TEST_CASE("a message with a byte too many or too few is refused") {
    Message call = hello();
    call.body = {string("x")};
    const std::string bytes = marshal(call);
    CHECK(unmarshal(bytes));
    CHECK_FALSE(unmarshal(bytes + '\0'));
    CHECK_FALSE(unmarshal(bytes.substr(0, bytes.size() - 1)));
    for (const std::size_t at : {std::size_t{1}, std::size_t{3}}) {
        std::string other = bytes;
        other[at] = 9;
        CHECK_FALSE(unmarshal(other));
    }
}

TEST_CASE("no single wrong byte makes the reader stumble") {
    Message call = hello();
    call.body = {arguments_of({{"PIDs", array("u", {uint32(1)})}, {"Slice", string("x")}})};
    const std::string bytes = marshal(call);
    for (std::size_t at = 0; at < bytes.size(); ++at)
        for (const int value : {0, 1, 0x41, 0x7f, 0xff}) {
            std::string other = bytes;
            other[at] = static_cast<char>(value);
            (void)unmarshal(other);  // right or wrong: it comes back
        }
    SUCCEED();
}
