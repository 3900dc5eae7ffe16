// SPDX-License-Identifier: Apache-2.0
#include "serve/http/problem.hpp"

#include <set>

#include "support/catch.hpp"

using namespace oci::serve::http;

TEST_CASE("every code is there once and has an error for a status") {
    std::set<std::string_view> seen;
    for (const ProblemKind& each : problem_kinds()) {
        CHECK(seen.insert(each.code).second);
        CHECK(each.status >= 400);
        CHECK(reason_of(each.status) != "Unknown");
    }
    CHECK(kind_of("nonsense").code == "internal");
}

TEST_CASE("a problem says where and why, and nothing that moves a terminal") {
    const std::string text = problem_json(
        {.code = "invalid-spec", .detail = "\x1b[2J", .errors = {{"/user", "no such"}}}, "/x", "7");
    CHECK(
        text ==
        R"({"type":"urn:oci-rt:problem:invalid-spec","title":"The body does not say what it )"
        R"(should","status":400,"detail":"\\x1b[2J","instance":"/x","code":"invalid-spec",)"
        R"("retryable":false,"errors":[{"pointer":"/user","detail":"no such"}],"requestId":"7"})");
}

TEST_CASE("who may try again is told when") {
    CHECK(field(problem_response({.code = "overloaded"}, {}, {}).fields, "Retry-After") == "1");
    const Problem patient{.code = "overloaded", .fields = {{"Retry-After", "9"}}};
    CHECK(problem_response(patient, {}, {}).fields.size() == 1);
    CHECK(problem_response({.code = "no-route"}, {}, {}).fields.empty());
}
