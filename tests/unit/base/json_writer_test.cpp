// SPDX-License-Identifier: Apache-2.0
#include "base/json_writer.hpp"

#include <cstdint>
#include <limits>
#include <vector>

#include "support/catch.hpp"

namespace {

void write_sample(oci::JsonWriter& json) {
    json.begin_object();
    json.member("id", "box").member("pid", 7).member("ok", true);
    json.list("args", std::vector<std::string>{"a", "b"});
    json.key("empty").begin_object().end_object();
    json.key("nothing").null();
    json.end_object();
}

}  // namespace

TEST_CASE("JSON without indentation stands on one line") {
    std::string out;
    oci::JsonWriter json{out};
    write_sample(json);
    CHECK(out == R"({"id":"box","pid":7,"ok":true,"args":["a","b"],"empty":{},"nothing":null})");
}

TEST_CASE("JSON with indentation has one value per line") {
    std::string out;
    oci::JsonWriter json{out, 2};
    write_sample(json);
    CHECK(out == R"({
  "id": "box",
  "pid": 7,
  "ok": true,
  "args": [
    "a",
    "b"
  ],
  "empty": {},
  "nothing": null
})");
}

TEST_CASE("JSON arrays nest and an empty one has no inside") {
    std::string out;
    oci::JsonWriter json{out};
    json.begin_array().begin_array().end_array().begin_array().value(1).end_array().end_array();
    CHECK(out == "[[],[1]]");
}

TEST_CASE("JSON strings escape quotes and control bytes but no slash") {
    std::string out;
    oci::JsonWriter json{out};
    json.value("a/b\"c\\d\n\x1b");
    CHECK(out == R"("a/b\"c\\d\u000a\u001b")");
}

TEST_CASE("JSON keys are escaped as strings are") {
    std::string out;
    oci::JsonWriter json{out};
    json.begin_object().member("a\"", "ü").end_object();
    CHECK(out == "{\"a\\\"\":\"ü\"}");
}

TEST_CASE("JSON stays UTF-8 whatever the bytes") {
    std::string out;
    oci::JsonWriter json{out};
    json.value(std::string_view{"a\xFFü\xC3"});
    CHECK(out == "\"a\xEF\xBF\xBDü\xEF\xBF\xBD\"");
}

TEST_CASE("JSON numbers keep every digit") {
    std::string out;
    oci::JsonWriter json{out};
    json.begin_array()
        .value(std::numeric_limits<std::uint64_t>::max())
        .value(std::numeric_limits<std::int64_t>::min())
        .value(std::uint8_t{5})
        .end_array();
    CHECK(out == "[18446744073709551615,-9223372036854775808,5]");
}

TEST_CASE("a JSON list has its strings quoted, and may be empty") {
    CHECK(oci::json_list({}) == "[]");
    CHECK(oci::json_list({"a\"b", "c"}) == R"(["a\"b","c"])");
}
