// SPDX-License-Identifier: Apache-2.0
#include "serve/http/target.hpp"

#include "support/catch.hpp"

using oci::serve::http::parse_target;

TEST_CASE("a path is split first and decoded once") {
    const auto target = parse_target("/containers/a%2fb%252e/?x=1+2&y&x=%26");
    REQUIRE(target);
    CHECK(target.value().path == "/containers/a%2fb%252e/");
    CHECK(target.value().segments == std::vector<std::string>{"containers", "a/b%2e", ""});
    CHECK(target.value().query == oci::serve::http::Fields{{"x", "1 2"}, {"y", ""}, {"x", "&"}});
}

TEST_CASE("escapes that are none, controls and broken UTF-8 are no names") {
    for (const char* text : {"/%", "/%1", "/%zz", "/a%00", "/%0a", "/%7f", "/%c0%ae", "/%ff", "x",
                             "", "*", "/a?%", "/a?b=%00"})
        CHECK_FALSE(parse_target(text));
    CHECK(parse_target("/%e2%82%ac"));
}
