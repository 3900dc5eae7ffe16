// SPDX-License-Identifier: Apache-2.0
#include "base/subordinate_ids.hpp"

#include "support/catch.hpp"

using namespace oci;

TEST_CASE("ranges are granted by name and by number") {
    const auto ranges =
        id_ranges_of("user:100000:65536\nother:1:2\n1000:300000:10\n", "user", 1000);
    REQUIRE(ranges.size() == 2);
    CHECK(ranges[0].first == 100000);
    CHECK(ranges[0].count == 65536);
    CHECK(ranges[1].first == 300000);
}

TEST_CASE("lines that grant nothing are passed over") {
    CHECK(id_ranges_of("", "user", 1000).empty());
    CHECK(id_ranges_of("# user:1:2\nuser\nuser:1\nuser:x:2\nuser:1:0\nuser:1:2:3\n"
                       "user:-1:2\nuser:4294967296:2\n:1:2\n",
                       "user", 1000)
              .empty());
}

TEST_CASE("a new range begins behind all others") {
    CHECK(first_free_id("", "") == 100000);
    CHECK(first_free_id("a:100000:65536\n", "") == 165536);
    CHECK(first_free_id("", "a:100000:65537\n") == 231072);
    CHECK(first_free_id("a:1000:10\n", "") == 100000);
    // Nothing is left: what can be said is within the range of ids.
    CHECK(first_free_id("a:4294901760:65535\n", "") < 0xffff0000U);
}

TEST_CASE("ids are granted if one range has all of them") {
    const std::vector<IdRange> granted{{1000, 10}, {1010, 10}, {4294967290U, 5}};
    CHECK(is_granted(granted, 1000, 10));
    CHECK(is_granted(granted, 1019, 1));
    CHECK_FALSE(is_granted(granted, 1005, 10));  // newuidmap does not join ranges
    CHECK_FALSE(is_granted(granted, 999, 2));
    CHECK(is_granted(granted, 4294967290U, 5));
    CHECK_FALSE(is_granted(granted, 4294967294U, 4294967295U));
}
