// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/systemd/devices.hpp"

#include <linux/bpf.h>

#include "support/catch.hpp"

using namespace oci::cgroups;
using namespace oci::cgroups::systemd;

TEST_CASE("devices are allowed by number, and never less than by the rules") {
    constexpr unsigned read = BPF_DEVCG_ACC_READ;
    constexpr unsigned make = BPF_DEVCG_ACC_MKNOD;
    const std::vector<DeviceAccess> rules{
        {true, 'c', 7U, 7U, read},
        {false, 'a', {}, {}, 7},  // whatever was before is gone
        {true, 'c', 1U, 3U, read},
        {true, 'c', 1U, 3U, make},
        {true, 'b', 8U, {}, read},
        {false, 'a', {}, {}, BPF_DEVCG_ACC_WRITE},  // nothing that is in the list
        {true, 'a', {}, {}, make},
        {false, 'b', 8U, 1U, read},
    };
    const Properties strict = device_properties(rules, false, {.version = 300});
    REQUIRE(strict.size() == 2);
    CHECK(strict[0] == Property{"DevicePolicy", string("strict")});
    CHECK(strict[1] ==
          Property{"DeviceAllow", array("(ss)", {tuple({string("/dev/char/1:3"), string("rm")}),
                                                 tuple({string("block-*"), string("m")}),
                                                 tuple({string("block-8"), string("r")}),
                                                 tuple({string("char-*"), string("m")})})});
    CHECK(device_properties(rules, true, {.version = 300}) ==
          Properties{{"DevicePolicy", string("auto")}});
    // The list that a unit has is emptied first.
    const Properties again = device_properties(rules, false, {.version = 300, .is_running = true});
    REQUIRE(again.size() == 3);
    CHECK(again[0] == Property{"DeviceAllow", array("(ss)", {})});
    CHECK(again[2] == strict[1]);
    CHECK(device_properties(rules, false, {.version = 239}).empty());
}
