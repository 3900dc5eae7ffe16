// SPDX-License-Identifier: Apache-2.0
#include "spec/place.hpp"

#include <array>

#include "support/catch.hpp"

using oci::Named;
using oci::Result;
using oci::spec::field;
using oci::spec::list;
using oci::spec::parse_json;
using oci::spec::Place;
using oci::spec::required;
using oci::spec::section;
using oci::spec::Value;

namespace {

/// The message of reading the property "x" into a value of this type.
template <typename Type>
std::string refusal(const std::string& text) {
    const Value document = parse_json("{\"x\":" + text + "}").value();
    Type out{};
    const auto result = field(Place(document), "x", out);
    return result ? "accepted" : result.error().message;
}

template <typename Type>
Type value(const std::string& text) {
    const Value document = parse_json("{\"x\":" + text + "}").value();
    Type out{};
    REQUIRE(field(Place(document), "x", out));
    return out;
}

}  // namespace

TEST_CASE("an integer stays within its type") {
    CHECK(value<std::uint32_t>("4294967295") == 4294967295U);
    CHECK(value<std::int64_t>("-9223372036854775808") == std::numeric_limits<std::int64_t>::min());
    CHECK(value<std::uint64_t>("18446744073709551615") == 18446744073709551615U);
    CHECK(value<std::uint16_t>("-0") == 0);
    CHECK(refusal<std::uint32_t>("4294967296") ==
          "/x: must be an integer from 0 to 4294967295 (is 4294967296)");
    CHECK(refusal<std::uint32_t>("-1") == "/x: must be an integer from 0 to 4294967295 (is -1)");
    CHECK(refusal<std::uint16_t>("65536").ends_with("(is 65536)"));
    CHECK(refusal<std::int32_t>("-2147483649").ends_with("(is -2147483649)"));
    CHECK(refusal<std::int64_t>("9223372036854775808").ends_with("(is 9223372036854775808)"));
}

TEST_CASE("only an integer is an integer") {
    for (const char* text : {"1.5", "1e3", "1.0", "true", "18446744073709551616"})
        CHECK(refusal<std::uint64_t>(text).ends_with(std::string("(is ") + text + ")"));
    CHECK(refusal<std::uint64_t>("\"0\"").ends_with("(is a string)"));
    CHECK(refusal<std::uint64_t>("[0]").ends_with("(is an array)"));
    CHECK(refusal<std::uint64_t>("{}").ends_with("(is an object)"));
}

TEST_CASE("only true and false are booleans") {
    CHECK(value<bool>("true"));
    CHECK(refusal<bool>("1") == "/x: must be true or false (is 1)");
    CHECK(refusal<bool>("\"true\"") == "/x: must be true or false (is a string)");
}

TEST_CASE("arrays name the element that is wrong") {
    using Strings = std::vector<std::string>;
    CHECK(value<Strings>(R"(["a",""])") == Strings{"a", ""});
    CHECK(refusal<Strings>("\"a\"") == "/x: must be an array of strings (is a string)");
    CHECK(refusal<Strings>("[\"a\",1]") == "/x/1: must be a string (is 1)");
    CHECK(refusal<Strings>("[null]") == "/x/0: must be a string (is null)");
    CHECK(refusal<std::vector<std::uint32_t>>("{}") ==
          "/x: must be an array of integers (is an object)");
    CHECK(refusal<std::vector<std::uint32_t>>("[0,-1]").starts_with("/x/1: "));
}

TEST_CASE("an absent or null property leaves what was there") {
    const Value document = parse_json(R"({"null":null,"Case":7})").value();
    for (const char* key : {"null", "absent", "case"}) {
        int number = 42;
        CHECK(field(Place(document), key, number));
        CHECK(number == 42);
        CHECK(required(Place(document), key, number).error().message ==
              "/" + std::string(key) + ": is required");
    }
    CHECK_FALSE(value<std::optional<int>>("null"));
    CHECK(value<std::optional<int>>("0") == 0);
}

TEST_CASE("a section is an object, a list holds objects") {
    const Value document = parse_json(R"({"text":"x","list":[{},7],"map":{}})").value();
    const auto read_nothing = [](const Place&, int&) -> Result<void> { return {}; };
    int one = 0;
    std::vector<int> many;
    CHECK(section(Place(document), "text", one, read_nothing).error().message ==
          "/text: must be an object (is a string)");
    CHECK(section(Place(document), "map", one, read_nothing));
    CHECK(list(Place(document), "list", many, read_nothing).error().message ==
          "/list/1: must be an object (is 7)");
    CHECK(list(Place(document), "map", many, read_nothing).error().message ==
          "/map: must be an array of objects (is an object)");
}

TEST_CASE("a name of a table is read, any other is refused with a hint") {
    constexpr std::array table{Named<int>{"allow", 1}, Named<int>{"refuse", 2}};
    const Value document = parse_json(R"({"a":"refuse","b":"Refuse","c":"zzzzz","d":1})").value();
    const Place place(document);
    int out = 0;
    CHECK(oci::spec::required_name(place, "a", table, out));
    CHECK(out == 2);
    CHECK(oci::spec::required_name(place, "b", table, out).error().message ==
          "/b: unknown value \"Refuse\" (did you mean \"refuse\"?)");
    CHECK(oci::spec::required_name(place, "c", table, out).error().message ==
          "/c: unknown value \"zzzzz\" (known: allow refuse)");
    CHECK(oci::spec::required_name(place, "d", table, out).error().message ==
          "/d: must be a string (is 1)");
    CHECK(oci::spec::required_name(place, "e", table, out).error().message == "/e: is required");
}

TEST_CASE("an object of strings keeps its order") {
    const Value document = parse_json(R"({"m":{"b":"1","a/b":"2"},"bad":{"a/b":1}})").value();
    std::vector<std::pair<std::string, std::string>> out;
    CHECK(oci::spec::text_members(Place(document), "m", out));
    REQUIRE(out.size() == 2);
    CHECK(out[0].first == "b");
    CHECK(out[1] == std::pair<std::string, std::string>{"a/b", "2"});
    CHECK(oci::spec::text_members(Place(document), "bad", out).error().message ==
          "/bad/a~1b: must be a string (is 1)");
}
