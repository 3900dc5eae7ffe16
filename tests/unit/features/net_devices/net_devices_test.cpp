// SPDX-License-Identifier: Apache-2.0
#include "features/net_devices/net_devices.hpp"

#include <unistd.h>

#include "support/catch.hpp"

using namespace oci;

namespace {

Spec with(std::vector<NetDevice> devices) {
    Spec spec;
    spec.linux_section.net_devices = std::move(devices);
    return spec;
}

host::Facts user(uid_t uid) {
    host::Facts facts;
    facts.effective_user = uid;
    return facts;
}

}  // namespace

TEST_CASE("only root moves network devices") {
    CHECK(net_devices::plan(with({{"eth0", ""}}), user(0)));
    const auto refused = net_devices::plan(with({{"eth0", ""}}), user(1000));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::Unsupported);
    CHECK(net_devices::plan(with({}), user(1000)));
}

TEST_CASE("a container without network devices asks the kernel for none") {
    CHECK(net_devices::prepare({}));
    CHECK(net_devices::prepare_child({}, -1));
}

TEST_CASE("a network device has to be there before the container") {
    CHECK(net_devices::prepare({{{"lo", ""}}}));
    const auto missing = net_devices::prepare({{{"no-such-device", ""}}});
    REQUIRE_FALSE(missing);
    CHECK(missing.error().kind == ErrorKind::InvalidConfig);
    CHECK(missing.error().message.find("/linux/netDevices/no-such-device") == 0);
}

TEST_CASE("nothing moves within one network namespace") {
    const auto refused = net_devices::prepare_child({{{"lo", "lo7"}}}, ::getpid());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("the runtime's own") != std::string::npos);
}

TEST_CASE("the features tell of network devices") {
    Features features;
    net_devices::describe(features);
    CHECK(features.net_devices);
}
