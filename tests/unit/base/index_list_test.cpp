// SPDX-License-Identifier: Apache-2.0
#include "base/index_list.hpp"

#include <climits>

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

TEST_CASE("a mask has a bit for each index and is as long as the largest asks for") {
    constexpr unsigned bits = sizeof(unsigned long) * CHAR_BIT;
    CHECK(oci::mask_of({}).empty());
    CHECK(oci::mask_of({{0, 0}, {2, 3}}) == std::vector<unsigned long>{0b1101});
    CHECK(oci::mask_of({{bits - 1, bits}}) == std::vector<unsigned long>{1UL << (bits - 1), 1});
    // Beyond the 1024 of a cpu_set_t.
    const auto large = oci::mask_of({{2000, 2000}, {0, 0}});
    CHECK(large.size() == 2000 / bits + 1);
    CHECK(large.front() == 1);
    CHECK(large.back() == 1UL << 2000 % bits);
}
