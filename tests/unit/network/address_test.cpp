// SPDX-License-Identifier: Apache-2.0
#include "network/address.hpp"

#include "support/catch.hpp"

using namespace oci::network;

TEST_CASE("addresses of both families are read and written") {
    for (const char* text : {"172.19.0.1", "0.0.0.0", "255.255.255.255", "::", "fd00::ac13:2"})
        CHECK(parse_address(text).value().text() == text);
    for (const char* wrong : {"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.4 ", "01.2.3.4x", ":",
                              "fe80::1%eth0", "host", "::g"})
        CHECK_FALSE(parse_address(wrong));
}

TEST_CASE("a subnet has an address and the bits of its network") {
    const Subnet subnet = parse_subnet("172.19.0.1/16").value();
    CHECK(subnet.text() == "172.19.0.1/16");
    CHECK(subnet.network_text() == "172.19.0.0/16");
    CHECK(subnet.contains(*parse_address("172.19.255.255")));
    CHECK_FALSE(subnet.contains(*parse_address("172.20.0.0")));
    CHECK_FALSE(subnet.contains(*parse_address("::")));
    CHECK(broadcast_of(subnet).text() == "172.19.255.255");
    CHECK(first_of(*parse_subnet("10.1.2.3/30")).text() == "10.1.2.0");
    for (const char* wrong : {"172.19.0.1", "172.19.0.1/", "172.19.0.1/33", "::/129", "/16", "a/8"})
        CHECK_FALSE(parse_subnet(wrong));
}

TEST_CASE("networks overlap if one has a part of the other") {
    const auto overlaps = [](const char* a, const char* b) {
        return overlap(*parse_subnet(a), *parse_subnet(b));
    };
    CHECK(overlaps("10.0.0.0/8", "10.77.0.1/16"));
    CHECK(overlaps("10.77.0.1/16", "10.0.0.0/8"));
    CHECK(overlaps("10.1.0.0/16", "10.1.0.0/16"));
    CHECK_FALSE(overlaps("10.1.0.0/16", "10.2.0.0/16"));
    CHECK_FALSE(overlaps("::/0", "10.2.0.0/16"));
    CHECK_FALSE(overlaps("fd00::/64", "fd00:0:0:1::/64"));
}

TEST_CASE("a unique local network is the same for the same") {
    const Subnet one = unique_local("machine/ocirt0");
    CHECK(one == unique_local("machine/ocirt0"));
    CHECK_FALSE(one == unique_local("machine/ocirt1"));
    CHECK(one.prefix == 64);
    CHECK(one.address.bytes.front() == 0xFD);
    CHECK(one.address.text().ends_with("::1"));
}

TEST_CASE("the second address of a container ends with its first") {
    const Subnet v6 = parse_subnet("fd00:1:2::1/64").value();
    CHECK(embedded(v6, *parse_address("172.19.0.2")).text() == "fd00:1:2::ac13:2");
}
