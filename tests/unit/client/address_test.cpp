// SPDX-License-Identifier: Apache-2.0
#include "client/address.hpp"

#include "support/catch.hpp"

using namespace oci::client;

namespace {
const Surroundings root{.is_root = true};
const Surroundings user{.runtime_directory = "/run/user/7"};
}  // namespace

TEST_CASE("a service is at a socket or at a port") {
    CHECK(parse_address("unix:///run/x.sock", root).value().socket == "/run/x.sock");
    CHECK(parse_address("/run/x.sock", root).value().socket == "/run/x.sock");
    CHECK(parse_address("default", root).value().socket == "/run/oci-rt/serve.sock");
    CHECK(parse_address("default", user).value().socket == "/run/user/7/oci-rt/serve.sock");
    const Address tcp = parse_address("http://127.0.0.1:8080/", root).value();
    CHECK(tcp.origin == "http://127.0.0.1:8080");
    CHECK(tcp.socket.empty());
    CHECK(parse_address("http://[::1]:8080", root).value().origin == "http://[::1]:8080");
    CHECK(parse_address("https://box.example", root).value().is_encrypted);
}

TEST_CASE("what could be a place and more is no address") {
    for (const char* wrong :
         {"", "unix://relative", "unix://", "http://", "http://u:p@h:1", "http://h:0",
          "http://h:1/x", "http://h:1?x", "http://h:99999", "ftp://h", "h:1", "http://h:1#x",
          "http://a b:1", "http://[::1:1", "http://h\r\nX: y"})
        CHECK_FALSE(parse_address(wrong, root));
    CHECK_FALSE(parse_address("default", Surroundings{}));
    CHECK_FALSE(parse_address("default", Surroundings{.runtime_directory = "relative"}));
    CHECK_FALSE(parse_address("unix:///" + std::string(200, 'x'), root));
}

TEST_CASE("only the loopback is this machine") {
    const auto is_here = [](const char* text) {
        return parse_address(text, root).value().is_loopback;
    };
    CHECK(is_here("http://localhost:1"));
    CHECK(is_here("http://LOCALHOST:1"));
    CHECK(is_here("http://127.9.9.9:1"));
    CHECK(is_here("http://[::1]:1"));
    CHECK_FALSE(is_here("http://127.0.0.1.evil.example:1"));
    CHECK_FALSE(is_here("http://127.evil:1"));
    CHECK_FALSE(is_here("http://192.0.2.1:1"));
    CHECK_FALSE(is_here("http://localhost.evil:1"));
}

TEST_CASE("a name stays one segment of a path") {
    CHECK(path_segment("alpine:3.19") == "alpine:3.19");
    CHECK(path_segment("a/b?c#d e%") == "a%2Fb%3Fc%23d%20e%25");
    CHECK(path_segment("..") == "%2E%2E");
    CHECK(path_segment(".") == "%2E");
    CHECK(query_text("a&b=c+d") == "a%26b%3Dc%2Bd");
}

TEST_CASE("a token lies beside the service's state") {
    CHECK(default_token_file(root) == "/run/oci-rt/.serve/serve.token");
    CHECK(default_token_file(user) == "/run/user/7/oci-rt/.serve/serve.token");
    CHECK(default_token_file(Surroundings{}).empty());
}
