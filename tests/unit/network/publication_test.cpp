// SPDX-License-Identifier: Apache-2.0
#include "network/publication.hpp"

#include "support/catch.hpp"

using namespace oci::network;

namespace {

Publication one(const char* text) {
    const auto all = parse_publication(text);
    REQUIRE(all);
    REQUIRE(all.value().size() == 1);
    return all.value().front();
}

}  // namespace

TEST_CASE("what is published is read and written") {
    for (const char* text : {"8080:80/tcp", "53:53/udp", "127.0.0.1:8080:80/tcp",
                             "[::1]:8000-8009:80-89/udp", "0.0.0.0:1:65535/tcp", ":80/tcp"})
        CHECK(one(text).text() == text);
    CHECK(one("8080:80").text() == "8080:80/tcp");
    CHECK(one("80").host == 0);
    CHECK(one("127.0.0.1::80").address.has_value());
    CHECK(one("127.0.0.1::80").host == 0);
}

TEST_CASE("a range without numbers of the host is one port at a time") {
    const auto ports = parse_publication(":80-82/udp");
    REQUIRE(ports);
    REQUIRE(ports.value().size() == 3);
    CHECK(ports.value()[2].container == 82);
    CHECK(ports.value()[2].count == 1);
}

TEST_CASE("what is no port is refused") {
    for (const char* wrong :
         {"", "/tcp", "0", "80:", "80:0", "0:80", "65536:1", "1:65536", "1-2:1-3", "5-1:5-1", "a:1",
          "1:2/sctp", "1:2/", "::1:80:80", "[::1]80:80", "[::1:80", "1.2.3:1:2", "-1:2", " 1:2"})
        CHECK_FALSE(parse_publication(wrong));
}

TEST_CASE("two publications collide where one port of one address is wanted twice") {
    const auto collides = [](const char* a, const char* b) {
        CHECK(collide(one(a), one(b)) == collide(one(b), one(a)));
        return collide(one(a), one(b));
    };
    CHECK(collides("80:80", "80:81"));
    CHECK(collides("80-90:80-90", "90:1"));
    CHECK(collides("80:80", "127.0.0.1:80:80"));
    CHECK(collides("0.0.0.0:80:80", "127.0.0.1:80:80"));
    CHECK_FALSE(collides("80:80", "80:80/udp"));
    CHECK_FALSE(collides("80-89:80-89", "90:90"));
    CHECK_FALSE(collides("127.0.0.1:80:80", "127.0.0.2:80:80"));
    CHECK_FALSE(collides("0.0.0.0:80:80", "[::]:80:80"));
    CHECK_FALSE(collides("65535:1", "1:1"));
}
