// SPDX-License-Identifier: Apache-2.0
#include "base/index_list.hpp"

#include "support/catch.hpp"

TEST_CASE("a list of indexes has numbers and ranges") {
    const auto ranges = oci::parse_index_list("0-3, 7");
    REQUIRE(ranges);
    REQUIRE(ranges->size() == 2);
    CHECK((*ranges)[0].first == 0);
    CHECK((*ranges)[0].last == 3);
    CHECK((*ranges)[1].first == 7);
    CHECK((*ranges)[1].last == 7);
    CHECK(oci::parse_index_list("")->empty());
    for (const char* text : {"1,", ",", "2-1", "a", "1-2-3", "65536", "99999999999", "-", "+1"}) {
        INFO(text);
        CHECK_FALSE(oci::parse_index_list(text));
    }
}

TEST_CASE("an index in several ranges counts once") {
    CHECK(oci::count_indexes({}) == 0);
    CHECK(oci::count_indexes({{5, 5}, {0, 3}, {2, 4}}) == 6);
    CHECK(oci::count_indexes({{0, 9}, {3, 4}, {9, 9}}) == 10);
}
