// SPDX-License-Identifier: Apache-2.0
#include "spec/problems.hpp"

#include "support/catch.hpp"

TEST_CASE("one word about a place is enough") {
    oci::spec::Problems problems;
    CHECK(problems.first());
    problems.note({});
    CHECK(problems.all().empty());
    problems.add("/a: is {}", 1);
    problems.add("/b: is {}", 2);
    problems.add("/a: is {}", 3);
    problems.add("/c/0/type: is unknown");
    problems.add("/c/0: is given twice");
    REQUIRE(problems.all().size() == 3);
    CHECK(problems.all()[1].message == "/b: is 2");
    CHECK(problems.first().error().message == "/a: is 1");
}

TEST_CASE("errors without a place are all kept") {
    oci::spec::Problems problems;
    problems.note(oci::fail(oci::ErrorKind::System, "one"));
    problems.note(oci::fail(oci::ErrorKind::System, "two"));
    CHECK(problems.all().size() == 2);
}
