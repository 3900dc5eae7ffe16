// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "unit/features/cgroups/controllers/lines.hpp"

using namespace oci;
using test::Lines;

namespace {

cgroups::Writes writes(const BlockIoResources& block_io) {
    Resources resources;
    resources.block_io = block_io;
    cgroups::Writes planned;
    REQUIRE(cgroups::io::plan(resources, planned));
    return planned;
}

Lines lines(const BlockIoResources& block_io) {
    Resources resources;
    resources.block_io = block_io;
    return test::lines_of(cgroups::io::plan, resources);
}

}  // namespace

TEST_CASE("a block weight goes to bfq as it is, and else to io.weight converted") {
    const auto check = [](std::uint16_t weight, const char* converted) {
        const auto all = writes({.weight = weight});
        REQUIRE(all.size() == 1);
        CHECK(all[0].file == "io.bfq.weight");
        CHECK(all[0].value == std::to_string(weight));
        CHECK(all[0].other_file == "io.weight");
        CHECK(all[0].other_value == converted);
    };
    check(10, "1");
    check(500, "4950");
    check(1000, "10000");
}

TEST_CASE("a block weight of zero is unset, and one out of range is refused") {
    CHECK(lines({.weight = 0}).empty());
    CHECK(test::is_error(lines({.weight = 9})));
    CHECK(test::is_error(lines({.weight = 1001})));
    CHECK(test::is_error(lines({.weight_devices = {{8, 0, 5}}})));
}

TEST_CASE("a device's weight names the device") {
    const auto all = writes({.weight_devices = {{8, 16, 1000}}});
    REQUIRE(all.size() == 1);
    CHECK(all[0].value == "8:16 1000");
    CHECK(all[0].other_value == "8:16 10000");
}

TEST_CASE("throttles are one line of io.max each") {
    CHECK(lines({.read_bytes = {{8, 0, 1}},
                 .write_bytes = {{8, 0, 2}},
                 .read_operations = {{8, 0, 3}},
                 .write_operations = {{8, 0, 4}, {8, 16, 0}}}) ==
          Lines{"io.max 8:0 rbps=1", "io.max 8:0 wbps=2", "io.max 8:0 riops=3",
                "io.max 8:0 wiops=4", "io.max 8:16 wiops=max"});
}

TEST_CASE("a negative device number is refused") {
    CHECK(test::is_error(lines({.read_bytes = {{-1, 0, 1}}})));
}
