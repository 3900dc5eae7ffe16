// SPDX-License-Identifier: Apache-2.0
#include "spec/json.hpp"

#include "support/catch.hpp"

using namespace std::string_literals;
using oci::spec::parse_json;
using oci::spec::pointer_step;
using oci::spec::Value;

namespace {

std::string refusal(std::string_view text) {
    const auto value = parse_json(text);
    return value ? "accepted" : value.error().message;
}

bool is_syntax_error(std::string_view text) { return refusal(text).starts_with("not valid JSON"); }

std::string nested(std::size_t arrays) {
    return R"({"a":)" + std::string(arrays, '[') + std::string(arrays, ']') + "}";
}

const Value& first_member(const Value& document) {
    return std::get<Value::Object>(document.content).at(0).value;
}

}  // namespace

TEST_CASE("a document is one object and nothing else") {
    CHECK(refusal("{}") == "accepted");
    CHECK(refusal(" {\n} \n") == "accepted");
    CHECK(refusal("null") == "/: must be an object");
    CHECK(refusal("[]") == "/: must be an object");
    CHECK(refusal("\"text\"") == "/: must be an object");
    CHECK(refusal("7") == "/: must be an object");
    for (const char* text : {"", " ", "{} x", "{}{}", "{},", "{", "}", "{\"a\"}", "{\"a\":}",
                             "{\"a\":1,}", "{'a':1}", "{\"a\":1 /* */}", "// {}\n{}"}) {
        INFO(text);
        CHECK(is_syntax_error(text));
    }
}

TEST_CASE("bytes that are not text are refused") {
    CHECK(is_syntax_error("\xEF\xBB\xBF{}"));
    CHECK(is_syntax_error("{}\0"s));
    CHECK(is_syntax_error("{}\0garbage"s));
    CHECK(is_syntax_error("{\"a\":\"x\0y\"}"s));
    CHECK(is_syntax_error("{\"a\":\"x\ny\"}"));
    CHECK(is_syntax_error("{\"a\":\"\xFF\"}"));
    CHECK(is_syntax_error("{\"\xC3\":1}"));
    CHECK(is_syntax_error("{\"a\":\"\xC0\x80\"}"));
    CHECK(is_syntax_error("{\"a\":\"\xED\xA0\x80\"}"));
    CHECK(refusal("{\"a\":\"\xC3\xA4\"}") == "accepted");
}

TEST_CASE("an escape must stand for a character, and not for U+0000") {
    CHECK(refusal(R"({"a":"\u00e4 \ud83d\ude00"})") == "accepted");
    CHECK(is_syntax_error(R"({"a":"\ud83d"})"));
    CHECK(is_syntax_error(R"({"a":"\ude00"})"));
    CHECK(is_syntax_error(R"({"a":"\ud83d\u0041"})"));
    CHECK(is_syntax_error(R"({"\ud83d":1})"));
    CHECK(refusal(R"({"a":{"b":["x","\u0000"]}})") == "/a/b/1: must not contain U+0000");
    CHECK(refusal(R"({"a":{"x\u0000y":1}})") == "/a: a key must not contain U+0000");
}

TEST_CASE("a key occurs once in its object") {
    CHECK(refusal(R"({"a":{"b":1,"c":2,"b":3}})") == "/a/b: the key occurs twice in its object");
    CHECK(refusal(R"({"a":1,"a":1})") == "/a: the key occurs twice in its object");
    CHECK(refusal(R"({"a":1,"\u0061":1})") == "/a: the key occurs twice in its object");
    CHECK(refusal(R"({"a":{"b":1},"b":1,"A":1})") == "accepted");

    std::string many = "{\"l\":[0,{";
    for (int i = 0; i < 100; ++i) many += "\"k" + std::to_string(i) + "\":1,";
    CHECK(refusal(many + "\"new\":1}]}") == "accepted");
    CHECK(refusal(many + "\"k50\":1}]}") == "/l/1/k50: the key occurs twice in its object");
}

TEST_CASE("many keys cost no quadratic time") {
    std::string many = "{";
    for (int i = 0; i < 200000; ++i) many += "\"" + std::to_string(i) + "\":1,";
    CHECK(refusal(many + "\"last\":1}") == "accepted");
}

TEST_CASE("nesting ends at 64 levels") {
    CHECK(refusal(nested(63)) == "accepted");
    CHECK(refusal(nested(64)).ends_with("nested deeper than 64 levels"));
    CHECK(refusal(std::string(1000000, '[')).ends_with("nested deeper than 64 levels"));
}

TEST_CASE("a document is at most 4 MiB") {
    const std::string padding(oci::spec::largest_document - 2, ' ');
    CHECK(refusal("{}" + padding) == "accepted");
    CHECK(refusal("{}" + padding + " ") == "larger than 4194304 bytes");
}

TEST_CASE("integers keep all their bits, other numbers are told apart") {
    const auto number = [](const char* text) {
        return parse_json("{\"n\":"s + text + "}").value();
    };
    CHECK(std::get<std::uint64_t>(first_member(number("18446744073709551615")).content) ==
          18446744073709551615U);
    CHECK(std::get<std::int64_t>(first_member(number("-9223372036854775808")).content) ==
          std::numeric_limits<std::int64_t>::min());
    CHECK(std::get<std::uint64_t>(first_member(number("-0")).content) == 0);
    for (const char* text : {"1.5", "1e3", "1.0", "18446744073709551616", "-9223372036854775809"})
        CHECK(std::get<oci::spec::OddNumber>(first_member(number(text)).content).text == text);
    CHECK(refusal("{\"n\":1e999}") != "accepted");
    CHECK(is_syntax_error("{\"n\":01}"));
    CHECK(is_syntax_error("{\"n\":+1}"));
    CHECK(is_syntax_error("{\"n\":0x1}"));
    CHECK(is_syntax_error("{\"n\":NaN}"));
}

TEST_CASE("members keep the order of the text") {
    const Value document = parse_json(R"({"z":1,"a":2})").value();
    const auto& members = std::get<Value::Object>(document.content);
    CHECK(members[0].key == "z");
    CHECK(members[1].key == "a");
}

TEST_CASE("an error tells the line, and is fit for a terminal") {
    CHECK(refusal("{\n\"a\": x}").find("line 2, column 6") != std::string::npos);
    CHECK(refusal("{\"a\":\x1b[31m}").find('\x1b') == std::string::npos);
    CHECK(refusal("{\"a\":\"\xFF\x1b\"}").find('\xFF') == std::string::npos);
}

TEST_CASE("a pointer step is escaped") {
    CHECK(pointer_step("plain") == "/plain");
    CHECK(pointer_step("a/b~c") == "/a~1b~0c");
    CHECK(pointer_step("\x1b[1m") == "/\\x1b[1m");
    CHECK(pointer_step(std::string(5000, 'x')).size() < 200);
}
