// SPDX-License-Identifier: Apache-2.0
#include "network/host.hpp"

#include "support/catch.hpp"

using namespace oci::network;

namespace {

const std::vector<Device> devices{{.index = 1, .name = "lo", .mtu = 65536},
                                  {.index = 2, .name = "eth0", .mtu = 1400},
                                  {.index = 3, .name = "ocirt0", .mtu = 1500}};

Route route(const char* to, int device) { return {*parse_subnet(to), device}; }

bool is_free(const char* subnet, const std::vector<Route>& routes, int bridge = 0) {
    return static_cast<bool>(check_subnet(*parse_subnet(subnet), routes, {}, devices, bridge));
}

}  // namespace

TEST_CASE("a network must not have what the host has") {
    CHECK(is_free("172.19.0.1/16", {route("0.0.0.0/0", 2), route("10.0.0.0/8", 2)}));
    CHECK_FALSE(is_free("10.1.0.1/16", {route("10.0.0.0/8", 2)}));
    CHECK(is_free("172.19.0.1/16", {route("172.19.0.0/16", 3)}, 3));
    const auto taken = check_subnet(*parse_subnet("10.1.0.1/16"), {},
                                    {{*parse_subnet("10.1.7.1/24"), 2}}, devices, 0);
    REQUIRE_FALSE(taken);
    CHECK(taken.error().message.find("eth0") != std::string::npos);
    CHECK(taken.error().hint.find("--network-ip") != std::string::npos);
}

TEST_CASE("packets are as large as the way out takes them") {
    CHECK(usual_mtu({route("10.0.0.0/8", 1), route("0.0.0.0/0", 2)}, devices) == 1400);
    CHECK(usual_mtu({}, devices) == 1500);
}

TEST_CASE("who drops what is forwarded is told of with a command") {
    const auto advice = [](ForwardChain chain, bool docker) {
        const auto all = foreign_firewalls("ocirt0", {std::move(chain)}, docker);
        return all.empty() ? std::string{} : all.front();
    };
    CHECK(advice({"ip", "filter", "FORWARD", true}, true).find("-I DOCKER-USER -i ocirt0") !=
          std::string::npos);
    CHECK(advice({"ip", "filter", "FORWARD", true}, false).find("iptables -I FORWARD") !=
          std::string::npos);
    CHECK(advice({"ip6", "filter", "FORWARD", true}, true).find("ip6tables -I FORWARD") !=
          std::string::npos);
    CHECK(advice({"inet", "firewalld", "filter_FORWARD", false}, false).find("firewall-cmd") !=
          std::string::npos);
    CHECK(advice({"inet", "mine", "x", true}, false).find("nft insert rule inet mine x") !=
          std::string::npos);
    CHECK(advice({"ip", "filter", "FORWARD", false}, true).empty());
}
