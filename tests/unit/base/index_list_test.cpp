// SPDX-License-Identifier: Apache-2.0
#include "base/index_list.hpp"

#include <climits>

#include "support/catch.hpp"

using oci::mask_of;
using oci::parse_index_list;

TEST_CASE("a list of numbers is ranges and single ones, blanks around them") {
    const auto ranges = parse_index_list(" 0-3, 7 ,9-9");
    REQUIRE(ranges);
    REQUIRE(ranges->size() == 3);
    CHECK((ranges->at(0).first == 0 && ranges->at(0).last == 3));
    CHECK((ranges->at(1).first == 7 && ranges->at(1).last == 7));
    REQUIRE(parse_index_list(" "));
    CHECK(parse_index_list(" ")->empty());
    for (const char* text : {",", "1,", "a", "3-1", "-1", "1-", "1--2", "0x1", "65536", "1 2"}) {
        INFO(text);
        CHECK_FALSE(parse_index_list(text));
    }
}

TEST_CASE("numbers that are given twice count once") {
    CHECK(oci::count_indexes(*parse_index_list("0-3,2-5,5,9")) == 7);
    CHECK(oci::count_indexes({}) == 0);
}

TEST_CASE("a mask is as long as its largest number") {
    constexpr unsigned bits = sizeof(unsigned long) * CHAR_BIT;
    CHECK(mask_of({}).empty());
    CHECK(mask_of(*parse_index_list("0,2-3")) == std::vector<unsigned long>{0b1101});
    CHECK(mask_of({{bits - 1, bits}}) == std::vector<unsigned long>{1UL << (bits - 1), 1});
    // Beyond the 1024 of a cpu_set_t.
    const auto large = mask_of(*parse_index_list("2000,0"));
    CHECK(large.size() == 2000 / bits + 1);
    CHECK(large.front() == 1);
    CHECK(large.back() == 1UL << 2000 % bits);
}
