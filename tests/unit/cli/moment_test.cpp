// SPDX-License-Identifier: Apache-2.0
#include "cli/moment.hpp"

#include "support/catch.hpp"

namespace oci::cli {

TEST_CASE("a moment has the form of logs") {
    CHECK(parse_moment("2026-01-31") == "2026-01-31T00:00:00.000000000Z");
    CHECK(parse_moment("2026-01-31T12:34:56") == "2026-01-31T12:34:56.000000000Z");
    CHECK(parse_moment("2026-01-31T12:34:56.5Z") == "2026-01-31T12:34:56.500000000Z");
    CHECK(parse_moment("2026-01-31 12:34:56.123456789Z") == "2026-01-31T12:34:56.123456789Z");
}

TEST_CASE("a duration is so long ago") {
    const auto moment = parse_moment("10m");
    REQUIRE(moment);
    CHECK(moment->size() == 30);
    CHECK(*moment > *parse_moment("11m"));
    CHECK(*moment < *parse_moment("9m"));
}

TEST_CASE("what is no moment is refused") {
    for (const char* text :
         {"", "yesterday", "2026-13-01", "2026-01-32", "2026-01-01T", "2026-01-01T25:00:00",
          "2026-01-01T12:00:00.", "2026-01-01T12:00:00+01:00", "2026-1-1", "-5m"})
        CHECK_FALSE(parse_moment(text));
}

}  // namespace oci::cli
