// SPDX-License-Identifier: Apache-2.0
#include "network/rules.hpp"

#include "support/catch.hpp"

using namespace oci::network;

namespace {

Network network(bool with_v6 = true) {
    Network one{.name = "ocirt0", .v4 = *parse_subnet("172.19.0.1/16")};
    if (with_v6) one.v6 = parse_subnet("fd00::1/64");
    return one;
}

Lease lease(const char* ports) {
    return {
        "ocirt0", *parse_address("172.19.0.2"), {"/run", "web"}, parse_publication(ports).value()};
}

}  // namespace

TEST_CASE("a port of all addresses is one of both families") {
    CHECK(added_ports(lease("8080:80"), network()) ==
          "add element inet oci_rt any4 { tcp . 8080 : 172.19.0.2 . 80 }\n"
          "add element inet oci_rt any6 { tcp . 8080 : fd00::ac13:2 . 80 }\n");
    CHECK(added_ports(lease("8080:80"), network(false)) ==
          "add element inet oci_rt any4 { tcp . 8080 : 172.19.0.2 . 80 }\n");
    CHECK(added_ports(lease("0.0.0.0:8080:80"), network()) ==
          "add element inet oci_rt any4 { tcp . 8080 : 172.19.0.2 . 80 }\n");
}

TEST_CASE("a port of one address is of its family") {
    CHECK(added_ports(lease("127.0.0.1:1-2:3-4/udp"), network()) ==
          "add element inet oci_rt one4 { 127.0.0.1 . udp . 1 : 172.19.0.2 . 3, "
          "127.0.0.1 . udp . 2 : 172.19.0.2 . 4 }\n");
    CHECK(added_ports(lease("[fe80::1]:1:2"), network()) ==
          "add element inet oci_rt one6 { fe80::1 . tcp . 1 : fd00::ac13:2 . 2 }\n");
    CHECK(added_ports(lease("[fe80::1]:1:2"), network(false)).empty());
}

TEST_CASE("what may be gone already is removed all the same") {
    CHECK(removed_ports(lease("8080:80"), network(false)) ==
          "add element inet oci_rt any4 { tcp . 8080 : 172.19.0.2 . 80 }\n"
          "delete element inet oci_rt any4 { tcp . 8080 }\n");
}

TEST_CASE("the whole table has each network and each lease of it") {
    const std::string text = whole_table({network()}, {lease("8080:80")});
    CHECK(text.starts_with("add table inet oci_rt\ndelete table inet oci_rt\n"));
    CHECK(text.find("networks4 { 172.19.0.0/16 }") != std::string::npos);
    CHECK(text.find("networks6 { fd00::/64 }") != std::string::npos);
    CHECK(text.find("any4 { tcp . 8080 : 172.19.0.2 . 80 }") != std::string::npos);
    CHECK(whole_table({}, {lease("8080:80")}).find("8080") == std::string::npos);
}
