// SPDX-License-Identifier: Apache-2.0
#include "cli/id_pattern.hpp"

#include "support/catch.hpp"

using oci::cli::IdPattern;

TEST_CASE("an expression matches anywhere in an id unless it is anchored") {
    const auto loose = IdPattern::compile("web");
    REQUIRE(loose);
    CHECK(loose.value().matches("my-web-1"));
    CHECK_FALSE(loose.value().matches("database"));
    const auto anchored = IdPattern::compile("^web-[0-9]+$");
    REQUIRE(anchored);
    CHECK(anchored.value().matches("web-12"));
    CHECK_FALSE(anchored.value().matches("my-web-12"));
}

TEST_CASE("what is no expression is refused") {
    CHECK_FALSE(IdPattern::compile("["));
    CHECK_FALSE(IdPattern::compile("("));
}
