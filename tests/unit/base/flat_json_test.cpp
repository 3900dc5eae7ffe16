// SPDX-License-Identifier: Apache-2.0
#include "base/flat_json.hpp"

#include <array>
#include <string>

#include "support/catch.hpp"

namespace oci {

TEST_CASE("a flat object is read member by member") {
    FlatJson json;
    REQUIRE(json.read(R"( { "a" : "x\"\\\n\u00e9" , "b":-12,"c" : true, "d":false } )"));
    CHECK(json.text("a") == "x\"\\\n\u00e9");
    CHECK(json.number("b") == -12);
    CHECK(json.truth("c") == true);
    CHECK(json.truth("d") == false);
    CHECK(json.has_only({"a", "b", "c", "d"}));
    CHECK_FALSE(json.has_only({"a", "b", "c"}));
}

TEST_CASE("a member of another kind is none") {
    FlatJson json;
    REQUIRE(json.read(R"({"a":"1","b":1,"c":true})"));
    CHECK_FALSE(json.number("a"));
    CHECK_FALSE(json.text("b"));
    CHECK_FALSE(json.number("c"));
    CHECK_FALSE(json.text("d"));
}

TEST_CASE("what is not one flat object is refused") {
    for (const std::string_view text : {"",
                                        " ",
                                        "{",
                                        "}",
                                        "[]",
                                        "1",
                                        "\"a\"",
                                        "{}{}",
                                        "{} x",
                                        "{\"a\"}",
                                        "{\"a\":}",
                                        "{\"a\":1,}",
                                        "{,}",
                                        "{\"a\":null}",
                                        "{\"a\":[1]}",
                                        "{\"a\":{}}",
                                        "{\"a\":1.5}",
                                        "{\"a\":1e3}",
                                        "{\"a\":01}",
                                        "{\"a\":+1}",
                                        "{\"a\":- 1}",
                                        "{\"a\":1,\"a\":2}",
                                        "{\"a\":\"\\x\"}",
                                        "{\"a\":\"\\u12\"}",
                                        "{\"a\":\"\\ud800\"}",
                                        "{\"a\":\"\\u0000\"}",
                                        "{\"a\":\"\n\"}",
                                        "{\"a\":\"x}",
                                        "{a:1}",
                                        "{'a':1}",
                                        "{\"a\":tru}",
                                        "{\"a\":99999999999999999999}"}) {
        FlatJson json;
        CHECK_FALSE(json.read(text));
    }
}

TEST_CASE("an object that is too large, or has too many members, is refused") {
    FlatJson large;
    CHECK_FALSE(large.read("{\"a\":\"" + std::string(FlatJson::largest, 'x') + "\"}"));
    std::string many = "{\"m\":0";
    for (int i = 0; i < 30; ++i) many += ",\"m" + std::to_string(i) + "\":0";
    FlatJson json;
    CHECK_FALSE(json.read(many + "}"));
}

TEST_CASE("what is written is read again") {
    std::array<char, 256> buffer;
    FlatJsonWriter writer{buffer};
    const std::string odd = "a\"b\\c\x01\n\x7f\xff";
    writer.text("odd", odd).number("least", INT64_MIN).truth("yes", true);
    FlatJson json;
    REQUIRE(json.read(writer.finish()));
    CHECK(json.text("odd") == odd);
    CHECK(json.number("least") == INT64_MIN);
    CHECK(json.truth("yes") == true);
}

TEST_CASE("what does not fit is nothing at all") {
    std::array<char, 16> buffer;
    CHECK(FlatJsonWriter{buffer}.text("name", "a long value").finish().empty());
    CHECK(FlatJsonWriter{buffer}.number("a", 1).finish() == "{\"a\":1}");
}

}  // namespace oci
