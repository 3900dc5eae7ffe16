// SPDX-License-Identifier: Apache-2.0
#include "network/call.hpp"

#include "support/catch.hpp"

using namespace oci::network;

TEST_CASE("options have their values behind = or in the next word") {
    const auto call = parse_call({"--state", "/s", "attach", "--id=web", "--root=/r", "--pid", "7",
                                  "-p", "80:80", "--publish=:1", "--network-ip", "10.0.0.1/24",
                                  "--container-ip=10.0.0.7/24", "--mtu=1400"});
    REQUIRE(call);
    CHECK(call.value().verb == "attach");
    CHECK(call.value().state == "/s");
    CHECK(call.value().pid == 7);
    CHECK(call.value().request.owner == Owner{"/r", "web"});
    CHECK(call.value().request.ports.size() == 2);
    CHECK(call.value().request.address->text() == "10.0.0.7");
    CHECK(call.value().request.network.mtu == 1400);
    CHECK_FALSE(parse_call({"--help"}).value().answer.empty());
}

TEST_CASE("what is no call is refused as such") {
    const std::vector<std::vector<std::string>> wrong{{},
                                                      {"attach"},
                                                      {"dance"},
                                                      {"list", "list"},
                                                      {"list", "--id"},
                                                      {"list", "--x=1"},
                                                      {"attach", "--id=a/b"},
                                                      {"attach", "--id=a", "--pid=x"},
                                                      {"attach", "--id=a", "-p", "x"}};
    for (const auto& words : wrong) {
        const auto call = parse_call(words);
        REQUIRE_FALSE(call);
        CHECK(call.error().code == "usage");
    }
}
