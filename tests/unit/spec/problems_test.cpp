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

TEST_CASE("of a value that could not be read nothing more is said, nor of its parts") {
    oci::spec::Problems problems;
    problems.note_unreadable(oci::fail(oci::ErrorKind::InvalidConfig, "/a: must be an object"));
    problems.add("/a/b: is required");
    problems.add("/ab: is another one");
    CHECK(problems.all().size() == 2);
    CHECK(problems.unreadable().contains("/a"));
    CHECK(oci::spec::is_part_of_any(problems.unreadable(), "/a/b/c"));
    CHECK_FALSE(oci::spec::is_part_of_any(problems.unreadable(), "/ab"));
    CHECK_FALSE(oci::spec::is_part_of_any(problems.unreadable(), ""));
}

TEST_CASE("beyond a thousand problems are counted only") {
    oci::spec::Problems problems;
    for (int i = 0; i < 1500; ++i) problems.add("/a/{}: is wrong", i);
    CHECK(problems.all().size() == 1000);
    CHECK(problems.left_out() == 500);
}
