// SPDX-License-Identifier: Apache-2.0
#include "commands/validate/report.hpp"

#include <cerrno>

#include "base/explain.hpp"
#include "support/catch.hpp"

namespace {

using oci::ErrorKind;
using oci::Severity;
using oci::commands::Report;

TEST_CASE("the worst comes first, and each finding once") {
    Report report;
    report.info("old", "/a", "one");
    report.warning("no-effect", "/b", "two");
    report.error("missing", "/c", "three");
    report.error("missing", "/c", "again");
    report.error("other", "/c", "four");
    const auto found = report.sorted();
    REQUIRE(found.size() == 4);
    CHECK(found[0].message == "three");
    CHECK(found[1].message == "four");
    CHECK(found[2].severity == Severity::Warning);
    CHECK(found[3].severity == Severity::Info);
}

TEST_CASE("the error of a plan says its place by itself") {
    Report report;
    report.note(oci::fail(ErrorKind::InvalidConfig, "/process/cwd: must be absolute").error);
    report.note({.message = "/mounts/0/source: cannot mount /x: stat: no", .number = EACCES});
    report.note({.message = "/tmp/x: cannot be read"});
    const auto found = report.sorted();
    REQUIRE(found.size() == 3);
    CHECK(found[0].pointer == "/process/cwd");
    CHECK(found[0].message == "must be absolute");
    CHECK(found[0].code == "invalid-config");
    CHECK(found[1].pointer == "/mounts/0/source");
    CHECK(found[1].message == "cannot mount /x: stat: no");
    CHECK(found[1].code == "permission-denied");
    CHECK(found[2].pointer.empty());
    CHECK(found[2].message == "/tmp/x: cannot be read");
}

TEST_CASE(
    "a plan has nothing new to say about a place whose error is known, or about what holds it") {
    Report report;
    report.error("source-missing", "/mounts/0/source", "is not there");
    report.note({.kind = ErrorKind::InvalidConfig, .message = "x", .pointer = "/mounts/0/source"});
    report.note({.kind = ErrorKind::InvalidConfig, .message = "x", .pointer = "/mounts/0"});
    CHECK(report.sorted().size() == 1);
    report.note({.kind = ErrorKind::InvalidConfig, .message = "x", .pointer = "/mounts/1"});
    CHECK(report.sorted().size() == 2);
    CHECK(report.has_error("/mounts/0"));
    CHECK_FALSE(report.has_error("/root"));
}

TEST_CASE("of what could not be read nothing more is said") {
    Report report;
    report.leave_out({"/process"});
    report.error("x", "/process/args", "is missing");
    report.warning("x", "/process", "is missing");
    report.error("x", "/processes", "is something else");
    CHECK(report.sorted().size() == 1);
}

TEST_CASE("beyond a thousand of a severity they are counted only") {
    Report report;
    for (int i = 0; i < 2000; ++i) report.warning("x", "/a/" + std::to_string(i), "no");
    report.error("x", "/b", "is told all the same");
    const auto found = report.sorted();
    REQUIRE(found.size() == Report::most + 2);
    CHECK(found[0].pointer == "/b");
    CHECK(found.back().code == "more-findings");
    CHECK(found.back().message == "1000 more findings are not shown");
}

}  // namespace
