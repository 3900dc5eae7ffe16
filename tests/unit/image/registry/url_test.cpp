// SPDX-License-Identifier: Apache-2.0
#include "image/registry/url.hpp"

#include "support/catch.hpp"

using namespace oci::image::registry;

namespace {

Url url(const std::string& text) {
    auto parsed = parse_url(text);
    REQUIRE(parsed);
    return parsed.value();
}

/// Where a redirect leads; empty if it is not followed.
std::string followed(const std::string& from, const std::string& location) {
    const auto to = follow(url(from), location);
    return to ? text_of(to.value()) : "";
}

}  // namespace

TEST_CASE("an address has a scheme, a host, a port and a path", "[registry]") {
    const Url one = url("HTTPS://Registry.Example:5000/v2/a?b=c#d");
    CHECK(one.scheme == "https");
    CHECK(one.host == "registry.example");
    CHECK(one.port == 5000);
    CHECK(one.path == "/v2/a?b=c");
    CHECK(url("http://[::1]").port == 80);
    CHECK(text_of(url("https://a:443")) == "https://a/");
    CHECK(text_of(url("https://a?x=1")) == "https://a/?x=1");
    CHECK(url("https://a/b c\xc3\xa9").path == "/b%20c%C3%A9");
}

TEST_CASE("what is not fetched from is no address", "[registry]") {
    for (const char* text : {"",
                             "a",
                             "//a",
                             "ftp://a/",
                             "file:///etc/passwd",
                             "gopher://a",
                             "https://",
                             "https:///x",
                             "https://u@a/",
                             "https://u:p@a/",
                             "https://a:0/",
                             "https://a:65536/",
                             "https://a:/",
                             "https://a:+1/",
                             "https://a b/",
                             "https://[::1/",
                             "https://[x]/",
                             "https://a..b/",
                             "https://a\\b/",
                             "https://a/\r\nX: y",
                             "https://a/\x7f",
                             "https://127.0.0.1:80:80/"}) {
        INFO(text);
        CHECK_FALSE(parse_url(text));
    }
}

TEST_CASE("a host does not end in its middle", "[registry]") {
    CHECK_FALSE(parse_url(std::string{"http://[::1\0]/", 14}));
    CHECK_FALSE(parse_url(std::string{"http://a\0b/", 11}));
    CHECK_FALSE(parse_url(std::string{"http://a/\0b", 11}));
    CHECK_FALSE(is_loopback(std::string_view{"[::1\0.example]", 14}));
}

TEST_CASE("a redirect is relative to where it comes from", "[registry]") {
    CHECK(followed("https://a/v2/x/y", "https://b/z?s=1") == "https://b/z?s=1");
    CHECK(followed("https://a/v2/x/y", "/z") == "https://a/z");
    CHECK(followed("https://a/v2/x/y?q", "z") == "https://a/v2/x/z");
    CHECK(followed("https://a/v2/x/y?q", "?r") == "https://a/v2/x/y?r");
    CHECK(followed("https://a/", "//b:1/z") == "https://b:1/z");
    CHECK(followed("http://a/", "https://a/") == "https://a/");
    CHECK(followed("http://a/", "http://b/") == "http://b/");
}

TEST_CASE("a redirect never leaves https, nor http altogether", "[registry]") {
    CHECK(followed("https://a/", "http://a/").empty());
    CHECK(followed("https://a/", "HTTP://a/").empty());
    CHECK(followed("https://a/", "file:///etc/passwd").empty());
    CHECK(followed("https://a/", "javascript:x").empty());
    CHECK(followed("https://a/", "//u:p@b/").empty());
    CHECK(followed("https://a/", "/x\ny").empty());
}

TEST_CASE("an origin is scheme, host and port", "[registry]") {
    CHECK(is_same_origin(url("https://a/x"), url("https://A:443/y")));
    CHECK_FALSE(is_same_origin(url("https://a"), url("http://a")));
    CHECK_FALSE(is_same_origin(url("https://a"), url("https://a:444")));
    CHECK_FALSE(is_same_origin(url("https://a"), url("https://b.a")));
}

TEST_CASE("the loopback is known by its names alone", "[registry]") {
    for (const char* host : {"localhost", "localhost:5000", "127.0.0.1", "127.9.9.9:1", "[::1]"})
        CHECK(is_loopback(host));
    for (const char* host : {"localhost.example", "127.0.0.1.example", "128.0.0.1", "127.1",
                             "[::2]", "::1", "10.0.0.1", ""})
        CHECK_FALSE(is_loopback(host));
}

TEST_CASE("messages show neither query nor password", "[registry]") {
    CHECK(display_of(url("https://a/x?signature=secret")) == "https://a/x");
    const auto refused = parse_url("ftp://a/x?signature=secret");
    CHECK(refused.error().message.find("secret") == std::string::npos);
    const auto user = parse_url("https://me:secret@a/x");
    CHECK(user.error().message.find("secret") == std::string::npos);
}

TEST_CASE("a part of a query is encoded", "[registry]") {
    CHECK(percent_encoded("a b&c=d/\xff-._~") == "a%20b%26c%3Dd%2F%FF-._~");
}
