// SPDX-License-Identifier: Apache-2.0
#include "image/program/user_namespace.hpp"

#include "support/catch.hpp"

using namespace oci;

TEST_CASE(
    "a user is root in its namespace, and its first subordinate range are the ids from 1 on") {
    const auto map = image::program::map_of(1000, {{100000, 65536}, {900000, 1}});
    REQUIRE(map.size() == 2);
    CHECK(map[0].container_id == 0);
    CHECK(map[0].host_id == 1000);
    CHECK(map[0].size == 1);
    CHECK(map[1].container_id == 1);
    CHECK(map[1].host_id == 100000);
    CHECK(map[1].size == 65536);
}

TEST_CASE("without a subordinate range there is nobody but the user") {
    CHECK(image::program::map_of(1000, {}).size() == 1);
}
