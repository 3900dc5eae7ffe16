// SPDX-License-Identifier: Apache-2.0
#include "image/registry/headers.hpp"

#include "support/catch.hpp"

using namespace oci::image::registry;

TEST_CASE("a field is found in whatever case", "[registry]") {
    Headers headers;
    CHECK(headers.add("HTTP/1.1 200 OK\r\n"));
    CHECK(headers.add("Content-Type:  a/b \r\n"));
    CHECK(headers.add("X: 1\r\n"));
    CHECK(headers.add("x: 2\r\n"));
    CHECK(headers.add("not a field\r\n"));
    CHECK(headers.add("bad name: 3\r\n"));
    CHECK(headers.find("content-type") == "a/b");
    CHECK(headers.all("X").size() == 2);
    CHECK_FALSE(headers.find("bad name"));
    CHECK_FALSE(headers.find("y"));
}

TEST_CASE("a further answer forgets the one before", "[registry]") {
    Headers headers;
    CHECK(headers.add("HTTP/1.1 100 Continue\r\n"));
    CHECK(headers.add("X: 1\r\n"));
    CHECK(headers.add("HTTP/2 200\r\n"));
    CHECK_FALSE(headers.find("X"));
}

TEST_CASE("headers have an end", "[registry]") {
    Headers headers;
    bool is_taken = true;
    for (int i = 0; i < 200; ++i)
        is_taken = is_taken && headers.add("X: " + std::string(1000, 'x'));
    CHECK_FALSE(is_taken);
}

TEST_CASE("a challenge has a scheme and parameters", "[registry]") {
    const auto one = parse_challenges(
        R"(Bearer realm="https://auth.example/token",service="a \"b\"",scope="repository:x:pull,push")");
    REQUIRE(one);
    REQUIRE(one->size() == 1);
    CHECK(one->front().scheme == "bearer");
    CHECK(one->front().find("realm") == "https://auth.example/token");
    CHECK(one->front().find("service") == "a \"b\"");
    CHECK(one->front().find("scope") == "repository:x:pull,push");
    CHECK(one->front().find("error").empty());

    const auto many = parse_challenges(R"(Negotiate, basic Realm = x , ,BEARER realm="y")");
    REQUIRE(many);
    REQUIRE(many->size() == 3);
    CHECK((*many)[0].scheme == "negotiate");
    CHECK((*many)[1].find("realm") == "x");
    CHECK((*many)[2].scheme == "bearer");
    CHECK(parse_challenges("")->empty());
}

TEST_CASE("a challenge out of order is none", "[registry]") {
    for (const char* text :
         {"Bearer realm=\"x", "Bearer realm=", "Bearer realm=\"x\" service=\"y\"",
          "Bearer realm=\"x\",realm=\"y\"", "Bearer realm=\"x\\", "Bearer realm=\"a\nb\"", "=x",
          "Bearer =\"x\"", "\"Bearer\"", "Bearer,realm=\"x\"", "Negotiate abc==", "Bearer: x"}) {
        INFO(text);
        CHECK_FALSE(parse_challenges(text));
    }
    std::string many;
    for (int i = 0; i < 20; ++i) many += "Basic,";
    CHECK_FALSE(parse_challenges(many));
}

TEST_CASE("a range says from where to where, and of how much", "[registry]") {
    const auto range = parse_content_range("bytes 5-9/10");
    REQUIRE(range);
    CHECK(range->first == 5);
    CHECK(range->last == 9);
    CHECK(range->size == 10);
    CHECK_FALSE(parse_content_range("bytes 5-9/*")->size);
    for (const char* text : {"", "bytes", "bytes */10", "bytes 9-5/10", "bytes 5-10/10",
                             "bytes 5-9", "items 5-9/10", "bytes=5-9/10", "bytes -9/10",
                             "bytes 5-/10", "bytes 5 -9/10", "bytes +5-9/10", "bytes 5-9/10, 1-2/3",
                             "bytes 0-18446744073709551615/*", "bytes 0-1/99999999999999999999"}) {
        INFO(text);
        CHECK_FALSE(parse_content_range(text));
    }
}

TEST_CASE("a server says when to come back, in seconds or as a date", "[registry]") {
    using std::chrono::seconds;
    CHECK(parse_retry_after("120", 0) == seconds{120});
    CHECK(parse_retry_after(" 0 ", 0) == seconds{0});
    CHECK(parse_retry_after("99999999999999", 0) == seconds{std::int64_t{1} << 31U});
    constexpr std::int64_t then = 784111777;
    CHECK(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", then - 7) == seconds{7});
    CHECK(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", then + 7) == seconds{0});
    for (const char* text : {"", "-1", "1.5", "soon", "Sun, 06 Nov 1994 08:49:37", "1e3",
                             "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 06 Foo 1994 08:49:37 GMT",
                             "Sun, 36 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 28:49:37 GMT",
                             "Sun, 06 Nov 1994 08-49-37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT"}) {
        INFO(text);
        CHECK_FALSE(parse_retry_after(text, then));
    }
}

TEST_CASE("a media type comes without parameters", "[registry]") {
    CHECK(media_type_in("Application/JSON ; charset=utf-8") == "application/json");
    CHECK(media_type_in("").empty());
}
