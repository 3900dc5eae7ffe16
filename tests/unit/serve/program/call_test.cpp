// SPDX-License-Identifier: Apache-2.0
#include "serve/program/call.hpp"

#include "serve/program/listeners.hpp"
#include "support/catch.hpp"

using namespace oci::serve::program;

TEST_CASE("addresses to listen on are sockets of Unix or of TCP") {
    CHECK(parse_listen_address("unix:///run/x.sock").value().place == "/run/x.sock");
    CHECK(parse_listen_address("/run/x.sock").value().place == "/run/x.sock");
    const auto six = parse_listen_address("tcp://[::1]:80");
    REQUIRE(six);
    CHECK((six.value().is_tcp && six.value().place == "::1" && six.value().port == 80));
    CHECK(parse_listen_address("tcp://localhost:8080").value().place == "127.0.0.1");
    for (const char* wrong :
         {"", "/", "x", "unix://", "unix://x", "tcp://1.2.3.4", "tcp://:80", "tcp://1.2.3.4:0",
          "tcp://1.2.3.4:65536", "tcp://1.2.3.4:+1", "http://a:1"})
        CHECK_FALSE(parse_listen_address(wrong));
}

TEST_CASE("a port is one of the loopback") {
    const auto call = parse_call({"--port", "8080", "--idle-timeout", "5", "--debug"});
    REQUIRE(call);
    REQUIRE(call.value().listeners.size() == 1);
    CHECK(call.value().listeners[0].place == "127.0.0.1");
    CHECK(call.value().limits.idle == std::chrono::seconds{5});
    CHECK_FALSE(parse_call({"--port", "0"}));
    CHECK_FALSE(parse_call({"--no-such-option"}));
    CHECK_FALSE(parse_call({"word"}));
}

TEST_CASE("there is a page unless it is not wanted") {
    CHECK(parse_call({}).value().has_page);
    CHECK_FALSE(parse_call({"--no-ui"}).value().has_page);
}

TEST_CASE("a token in an address is one word") {
    CHECK(address_with_token("http://[::1]:80/", "aZ09-_") == "http://[::1]:80/#token=aZ09-_");
    CHECK(address_with_token("http://a/", "a b/#\xff") == "http://a/#token=a%20b%2F%23%FF");
}
