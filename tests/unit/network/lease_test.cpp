// SPDX-License-Identifier: Apache-2.0
#include "network/lease.hpp"

#include "support/catch.hpp"
#include "support/temporary_directory.hpp"

using namespace oci::network;

namespace {

Network network() {
    return {
        .name = "ocirt0", .v4 = *parse_subnet("10.0.0.1/29"), .last = *parse_address("10.0.0.1")};
}

Lease lease(const char* address) {
    return {"ocirt0",
            *parse_address(address),
            {"/run/oci-rt", "web"},
            parse_publication("8080:80").value()};
}

}  // namespace

TEST_CASE("a lease is read as it was written") {
    const Lease one = lease("10.0.0.2");
    const auto read = read_lease("ocirt0", "10.0.0.2", text_of(one));
    REQUIRE(read);
    CHECK(read->owner == one.owner);
    CHECK(read->ports == one.ports);
    CHECK(read->device() == "oci-0a000002");
    CHECK_FALSE(read_lease("ocirt0", "10.0.0.2", ""));
    CHECK_FALSE(read_lease("ocirt0", "10.0.0.2", R"({"id":"web"})"));
    CHECK_FALSE(read_lease("ocirt0", ".network", text_of(one)));
    CHECK_FALSE(read_lease("ocirt0", "10.0.0.2", R"({"id":"a","root":"b","ports":"x"})"));
}

TEST_CASE("a network is read as it was written") {
    Network one = network();
    one.v6 = parse_subnet("fd00::1/64");
    one.is_ours = false;
    const auto read = read_network("ocirt0", text_of(one));
    REQUIRE(read);
    CHECK(read->v4 == one.v4);
    CHECK(read->v6 == one.v6);
    CHECK_FALSE(read->is_ours);
    CHECK_FALSE(read_network("ocirt0", R"({"v4":"10.0.0.1"})"));
}

TEST_CASE("the next address comes after the last one, and once around") {
    Network one = network();
    CHECK(next_free(one, {})->text() == "10.0.0.2");
    one.last = *parse_address("10.0.0.5");
    CHECK(next_free(one, {})->text() == "10.0.0.6");
    CHECK(next_free(one, {lease("10.0.0.6")})->text() == "10.0.0.2");
    CHECK(next_free(one, {lease("10.0.0.6"), lease("10.0.0.2")})->text() == "10.0.0.3");
    one.last = *parse_address("192.168.0.1");  // of a network that it was before
    CHECK(next_free(one, {})->text() == "10.0.0.2");
    std::vector<Lease> all;
    for (const char* text : {"10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6"})
        all.push_back(lease(text));
    CHECK_FALSE(next_free(one, all));
}

TEST_CASE("a network has the name of a device") {
    for (const char* good : {"ocirt0", "br-x", "a.b_c", "123456789012345"})
        CHECK(is_network_name(good));
    for (const char* wrong : {"", "1234567890123456", ".hidden", "-x", "a/b", "a b", ".."})
        CHECK_FALSE(is_network_name(wrong));
}

TEST_CASE("an address is leased once") {
    const test::TemporaryDirectory directory;
    auto leases = Leases::open(directory.path() + "/run/net");
    REQUIRE(leases);
    REQUIRE(leases.value().write(network()));
    REQUIRE(leases.value().add(lease("10.0.0.2")));
    CHECK_FALSE(leases.value().add(lease("10.0.0.2")));
    CHECK(leases.value().all().value().size() == 1);
    CHECK(leases.value().networks().value().size() == 1);
    CHECK_FALSE(leases.value().remove(network()));
    CHECK(leases.value().remove(lease("10.0.0.2")));
    CHECK(leases.value().remove(lease("10.0.0.2")));
    CHECK(leases.value().remove(network()));
    CHECK(leases.value().all().value().empty());
}
