// SPDX-License-Identifier: Apache-2.0
#include "image/unpack/pax.hpp"

#include "support/catch.hpp"
#include "support/tar_text.hpp"

using namespace oci::image::unpack;
using test::record;

TEST_CASE("records say what a header has no room for") {
    const auto pax = parse_pax(
        record("path", "a/b") + record("linkpath", "c") + record("size", "9000000000") +
        record("uid", "4000000000") + record("gid", "7") + record("mtime", "1.25") +
        record("SCHILY.xattr.user.x", std::string_view{"a\0\n=", 4}) + record("unknown", "thing"));
    REQUIRE(pax);
    CHECK(pax.value().path == "a/b");
    CHECK(pax.value().link == "c");
    CHECK(pax.value().size == 9000000000U);
    CHECK(pax.value().uid == 4000000000U);
    CHECK(pax.value().modified->tv_nsec == 250'000'000);
    REQUIRE(pax.value().attributes.size() == 1);
    CHECK(pax.value().attributes[0].second.size() == 4);
}

TEST_CASE("a time before the epoch counts forward from the second before") {
    const auto pax = parse_pax(record("mtime", "-1.25"));
    REQUIRE(pax);
    CHECK(pax.value().modified->tv_sec == -2);
    CHECK(pax.value().modified->tv_nsec == 750'000'000);
}

TEST_CASE("the last of a key counts, and an empty value takes it back") {
    const auto pax = parse_pax(record("path", "a") + record("path", "b") + record("size", "1") +
                               record("size", ""));
    REQUIRE(pax);
    CHECK(pax.value().path == "b");
    CHECK_FALSE(pax.value().size);
}

TEST_CASE("broken records are refused") {
    for (const std::string text :
         {"x", "5", "8 path=a\n", "99 path=a\n", "10 path=a\nx", "9 pathab\n", "6 =ab\n"})
        CHECK_FALSE(parse_pax(text));
    CHECK_FALSE(parse_pax(record("path", std::string_view{"a\0b", 3})));
    for (const auto* value : {"-1", "1x", "18446744073709551615", "0x1", " 1"}) {
        CHECK_FALSE(parse_pax(record("size", value)));
        CHECK_FALSE(parse_pax(record("uid", value)));
    }
    CHECK_FALSE(parse_pax(record("mtime", "1.x")));
    CHECK_FALSE(parse_pax(record("SCHILY.xattr.", "x")));
    CHECK_FALSE(parse_pax(record("GNU.sparse.map", "1")));
    CHECK_FALSE(parse_pax(record("GNU.sparse.numbytes", "1")));
    CHECK_FALSE(parse_pax(record("GNU.sparse.major", "2")));
}

TEST_CASE("a global header may only comment") {
    CHECK(check_global_pax(record("comment", "0123abcd")));
    CHECK_FALSE(check_global_pax(record("path", "a")));
    CHECK_FALSE(check_global_pax(record("SCHILY.xattr.user.x", "a")));
    CHECK_FALSE(check_global_pax("garbage"));
}
