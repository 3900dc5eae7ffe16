// SPDX-License-Identifier: Apache-2.0
#include "features/net_devices/links.hpp"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "support/catch.hpp"

using namespace oci;
using namespace oci::net_devices;
using kernel::NetlinkMessage;
using kernel::NetlinkRequest;

namespace {

/// A request taken for an answer: both are written alike.
NetlinkMessage taken(std::uint16_t type, NetlinkRequest request) {
    const auto bytes = request.finish(1);
    return {type, {bytes.begin() + 16, bytes.end()}};
}

std::vector<std::byte> bytes(std::initializer_list<int> numbers) {
    std::vector<std::byte> list;
    for (const int number : numbers) list.push_back(static_cast<std::byte>(number));
    return list;
}

Address full_address() {
    Address address;
    address.family = AF_INET;
    address.prefix = 24;
    address.scope = RT_SCOPE_UNIVERSE;
    address.flags = IFA_F_PERMANENT | IFA_F_NOPREFIXROUTE;
    address.local = bytes({10, 0, 0, 1});
    address.address = bytes({10, 0, 0, 2});
    address.broadcast = bytes({10, 0, 0, 255});
    address.label = "eth0:a";
    address.lifetime = ifa_cacheinfo{0xffffffffU, 0xffffffffU, 0, 0};
    address.metric = 42;
    return address;
}

}  // namespace

TEST_CASE("an address is asked for as it was read") {
    const auto read = read_address(taken(RTM_NEWADDR, address_request(full_address(), 3)), 3);
    REQUIRE(read);
    CHECK(read->family == AF_INET);
    CHECK(read->prefix == 24);
    CHECK(read->local == full_address().local);
    CHECK(read->address == full_address().address);
    CHECK(read->broadcast == full_address().broadcast);
    CHECK(read->label == "eth0:a");
    CHECK(read->metric == 42);
    REQUIRE(read->lifetime);
    CHECK(read->lifetime->ifa_valid == 0xffffffffU);
    // That it is permanent is the kernel's word, not ours.
    CHECK(read->flags == IFA_F_NOPREFIXROUTE);
}

TEST_CASE("an address of another device, or of another kind, is none") {
    const auto message = taken(RTM_NEWADDR, address_request(full_address(), 3));
    CHECK_FALSE(read_address(message, 4));
    CHECK_FALSE(read_address({RTM_DELADDR, message.payload}, 3));
    Address odd = full_address();
    odd.local = bytes({1, 2, 3});
    CHECK_FALSE(read_address(taken(RTM_NEWADDR, address_request(odd, 3)), 3));
    odd.family = AF_UNIX;
    CHECK_FALSE(read_address(taken(RTM_NEWADDR, address_request(odd, 3)), 3));
    odd = full_address();
    odd.local.clear();
    odd.address.clear();
    CHECK_FALSE(read_address(taken(RTM_NEWADDR, address_request(odd, 3)), 3));
}

TEST_CASE("only what is global and permanent moves") {
    Address address = full_address();
    CHECK(is_kept(address));
    address.flags = 0;
    CHECK_FALSE(is_kept(address));
    address.flags = IFA_F_PERMANENT;
    for (const std::uint8_t scope : {RT_SCOPE_LINK, RT_SCOPE_HOST, RT_SCOPE_SITE}) {
        address.scope = scope;
        CHECK_FALSE(is_kept(address));
    }
}

TEST_CASE("a label follows the name of its device") {
    const auto label = [](const char* text, const char* to) {
        Address address = full_address();
        address.label = text;
        return relabelled(std::move(address), "veth1", to).label;
    };
    CHECK(label("veth1:a", "eth0") == "eth0:a");
    CHECK(label("veth1", "eth0").empty());
    CHECK(label("other:a", "eth0").empty());
    CHECK(label("veth12:a", "eth0").empty());
    CHECK(label("veth1:abcdef", "a234567890").empty());
    CHECK(label("veth1:a", "veth1") == "veth1:a");
}

TEST_CASE("a device is read with its name, state and bridge") {
    ifinfomsg header{};
    header.ifi_index = 5;
    header.ifi_flags = 1;
    NetlinkRequest request{"RTM_NEWLINK", RTM_NEWLINK, 0};
    request.header(header).add_text(IFLA_IFNAME, "eth0").add_value(IFLA_MASTER, 9);
    const auto message = taken(RTM_NEWLINK, request);
    const auto link = read_link(message);
    REQUIRE(link);
    CHECK(link->index == 5);
    CHECK(link->name == "eth0");
    CHECK(link->is_up);
    CHECK(link->master == 9);
    CHECK_FALSE(read_link({RTM_DELLINK, message.payload}));
    CHECK_FALSE(read_link({RTM_NEWLINK, {}}));
    CHECK_FALSE(read_link(taken(RTM_NEWLINK, NetlinkRequest{"x", RTM_NEWLINK, 0}.header(header))));
}
