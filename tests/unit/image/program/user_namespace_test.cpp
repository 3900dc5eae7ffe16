// SPDX-License-Identifier: Apache-2.0
#include "image/program/user_namespace.hpp"

#include "support/catch.hpp"

using namespace oci::image::program;

TEST_CASE("a user's subordinate ids are found by name or number, and are the ids from 1 on") {
    const char* table = "# comment\nother:1:2:3\nme:100000:65536\nme:900000:1\n1001:5:6\n";
    const auto range = subordinate_range(table, "me", 1000);
    REQUIRE(range);
    CHECK(range->inside == 1);
    CHECK(range->outside == 100000);
    CHECK(range->count == 65536);
    CHECK(subordinate_range(table, "", 1001)->outside == 5);
    CHECK_FALSE(subordinate_range(table, "nobody", 1002));
    CHECK_FALSE(subordinate_range("me:x:1\nme:1:0\nme:1\nme:1:4294967296\n", "me", 1000));
}
