// SPDX-License-Identifier: Apache-2.0
#include "client/reading.hpp"

#include "support/catch.hpp"

using namespace oci;
using namespace oci::client;

TEST_CASE("a good answer is a document") {
    const auto one = document_of({.status = 200, .body = R"({"a":{"b":"c"},"n":7,"l":[1]})"});
    REQUIRE(one);
    CHECK(text_at(one.value(), {"a", "b"}) == "c");
    CHECK(number_at(one.value(), {"n"}) == 7);
    CHECK(list_at(one.value(), {"l"}).size() == 1);
    // What is of another kind is not there.
    CHECK(text_at(one.value(), {"n"}).empty());
    CHECK(number_at(one.value(), {"a"}) == 0);
    CHECK(list_at(one.value(), {"a"}).empty());
    CHECK(text_at(one.value(), {"n", "x"}).empty());
    CHECK_FALSE(document_of({.status = 200, .body = "nonsense"}));
}

TEST_CASE("a refusal becomes an error that says all") {
    const auto refused = succeeded(
        {.status = 400,
         .body =
             R"({"code":"invalid-spec","detail":"no","errors":[{"pointer":"/x","detail":"y"}]})"});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::InvalidConfig);
    CHECK(refused.error().message == "no; /x y (invalid-spec, 400)");
    const auto failed = succeeded(
        {.status = 500,
         .body = R"({"code":"runtime-failed","detail":"no","runtime":{"stderrTail":"a\\x0ab"}})"});
    CHECK(failed.error().message == "no: b (runtime-failed, 500)");
    CHECK(succeeded({.status = 302}).error().kind == ErrorKind::System);
    CHECK(succeeded({.status = 404, .body = "<html>"}).error().message ==
          "the service answers 404: <html>");
}

TEST_CASE("nothing of a service drives a terminal") {
    CHECK(shown("\x1b[2J") == "\\x1b[2J");
    CHECK(shown_json("\"\x1b\x7f\"") == R"("\u001b\u007f")");
    CHECK(shown_json("\"\xc2\x9b\xc3\xa9\"") == "\"\\u009b\xc3\xa9\"");
    const auto refused =
        succeeded({.status = 500, .body = R"({"code":"\u001b","detail":"\u0007"})"});
    CHECK(refused.error().message == "\\x07 (\\x1b, 500)");
}

TEST_CASE("zeros of a program's output become what a reader takes") {
    CHECK(text_at(parse_output(R"({"a":"x\u0000y"})").value(), {"a"}) == "x\xef\xbf\xbdy");
    CHECK(text_at(parse_output(R"({"a":"\\u0000"})").value(), {"a"}) == "\\u0000");
    CHECK_FALSE(parse_output("\"\\"));
}

TEST_CASE("columns are as wide as what is in them") {
    CHECK(table_text({{"A", "B"}, {"aaaaaaaaaaaa", "b"}}) ==
          "A              B\naaaaaaaaaaaa   b\n");
}
