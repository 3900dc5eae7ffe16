// SPDX-License-Identifier: Apache-2.0
#include "image/registry/addresses.hpp"

#include <arpa/inet.h>

#include "support/catch.hpp"

using namespace oci::image::registry;

namespace {

bool is_open(const char* text) {
    sockaddr_in four{.sin_family = AF_INET};
    if (::inet_pton(AF_INET, text, &four.sin_addr) == 1)
        return is_public(reinterpret_cast<const sockaddr&>(four));
    sockaddr_in6 six{.sin6_family = AF_INET6};
    REQUIRE(::inet_pton(AF_INET6, text, &six.sin6_addr) == 1);
    return is_public(reinterpret_cast<const sockaddr&>(six));
}

}  // namespace

TEST_CASE("the internet is public", "[registry]") {
    for (const char* text : {"8.8.8.8", "1.1.1.1", "172.15.255.255", "172.32.0.0", "100.63.0.1",
                             "100.128.0.1", "192.167.1.1", "223.255.255.255", "2606:4700::1111",
                             "2a00::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"}) {
        INFO(text);
        CHECK(is_open(text));
    }
}

TEST_CASE("what is behind walls is not", "[registry]") {
    for (const char* text : {"0.0.0.0",
                             "0.1.2.3",
                             "10.0.0.1",
                             "100.64.0.1",
                             "127.0.0.1",
                             "127.255.255.255",
                             "169.254.169.254",
                             "172.16.0.1",
                             "172.31.255.255",
                             "192.168.0.1",
                             "198.18.0.1",
                             "192.0.0.170",
                             "192.0.2.1",
                             "198.51.100.1",
                             "203.0.113.1",
                             "224.0.0.1",
                             "255.255.255.255",
                             "::",
                             "::1",
                             "fe80::1",
                             "fec0::1",
                             "fc00::1",
                             "fd00::1",
                             "ff02::1",
                             "::ffff:127.0.0.1",
                             "::ffff:10.0.0.1",
                             "::127.0.0.1",
                             "64:ff9b::7f00:1",
                             "64:ff9b:1::a00:1",
                             "2002:7f00:1::",
                             "2002:a9fe:a9fe::1",
                             "2001:db8::1",
                             "2001::1"}) {
        INFO(text);
        CHECK_FALSE(is_open(text));
    }
    sockaddr other{.sa_family = AF_UNIX};
    CHECK_FALSE(is_public(other));
}
