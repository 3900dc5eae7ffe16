// SPDX-License-Identifier: Apache-2.0
#include "spec/document.hpp"

#include "base/text.hpp"
#include "support/catch.hpp"

namespace {

/// The example of RFC 6901, section 5, with room for more.
constexpr std::string_view example =
    R"({"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8})";

/// Blanks are shown nowhere in the expectations below, and stand in no string.
std::string on_one_line(const std::string& text) {
    std::string out;
    for (const char c : text)
        if (c != '\n' && c != '\t') out += c;
    return out;
}

/// The document after an assignment, or the error.
std::string after(std::string_view document, std::string_view text) {
    auto value = oci::spec::parse_json(document);
    REQUIRE(value);
    auto assignment = oci::spec::parse_assignment(text);
    if (!assignment) return assignment.error().message;
    const auto done = oci::spec::assign(value.value(), std::move(assignment).value());
    if (!done) return done.error().message;
    return on_one_line(oci::spec::document_text(value.value()));
}

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

}  // namespace

// ---- RFC 6901 -----------------------------------------------------------------------

TEST_CASE("each pointer of RFC 6901 finds its value") {
    const std::pair<std::string_view, std::string_view> pointers[] = {
        {"/=9", "\"\": 9"},           {"/a~1b=9", "\"a/b\": 9"},   {"/c%d=9", "\"c%d\": 9"},
        {"/e^f=9", "\"e^f\": 9"},     {"/g|h=9", "\"g|h\": 9"},    {"/i\\j=9", "\"i\\\\j\": 9"},
        {"/k\"l=9", "\"k\\\"l\": 9"}, {"/ =9", "\" \": 9"},        {"/m~0n=9", "\"m~n\": 9"},
        {"/foo=9", "\"foo\": 9"},     {"/foo/0=9", "[9,\"baz\"]"}, {"/foo/1=9", "[\"bar\",9]"},
    };
    for (const auto& [text, part] : pointers) {
        INFO(text);
        const std::string result = after(example, text);
        CHECK(contains(result, part));
        // Replaced, not added.
        CHECK(oci::split(result, '9').size() == 2);
    }
}

TEST_CASE("the empty pointer is the whole document") {
    CHECK(after(example, R"(={"a":1})") == R"({"a": 1})");
    CHECK(after(example, "=null") == "null");
}

TEST_CASE("~01 is ~1 and not a slash") {
    CHECK(after("{}", "/~01=1") == R"({"~1": 1})");
    CHECK(after("{}", "/~0~1=1") == R"({"~/": 1})");
}

TEST_CASE("a dash is a new element of an array, and a key of an object") {
    CHECK(after(R"({"a":[1]})", "/a/-=2") == R"({"a": [1,2]})");
    CHECK(after(R"({"a":[]})", "/a/-={}") == R"({"a": [{}]})");
    CHECK(after(R"({"a":{}})", "/a/-=2") == R"({"a": {"-": 2}})");
    CHECK(after(R"({"a":{"-":{}}})", "/a/-/b=2") == R"({"a": {"-": {"b": 2}}})");
    CHECK(contains(after(R"({"a":[1]})", "/a/-/b=2"), "given as a whole"));
}

TEST_CASE("an index is a number without leading zeros and below the size") {
    CHECK(after(R"({"a":[1]})", "/a/0=2") == R"({"a": [2]})");
    for (const char* text : {"/a/00=2", "/a/01=2", "/a/+0=2", "/a/-1=2", "/a/x=2", "/a/=2",
                             "/a/0x0=2", "/a/ 0=2", "/a/1e0=2"}) {
        INFO(text);
        CHECK(contains(after(R"({"a":[1]})", text), "is no index of an array"));
    }
    CHECK(after(R"({"a":[1]})", "/a/1=2") ==
          "cannot set /a/1: there is no element 1: the array has 1; - adds one");
    CHECK(contains(after(R"({"a":[1]})", "/a/18446744073709551616=2"), "is no index"));
}

TEST_CASE("what is no pointer is refused") {
    CHECK(after("{}", "a=1") == "cannot set a: a JSON pointer begins with \"/\"");
    CHECK(contains(after("{}", "#/a=1"), "begins with"));
    for (const char* text : {"/~=1", "/a~=1", "/~2=1", "/a~/b=1"}) {
        INFO(text);
        CHECK(contains(after("{}", text), "after \"~\""));
    }
    CHECK(contains(after("{}", "/\xFF=1"), "UTF-8"));
    CHECK(contains(after("{}", "/\xFF=1"), "\\xff"));
    std::string deep;
    for (std::size_t i = 0; i <= oci::spec::deepest_nesting; ++i) deep += "/a";
    CHECK(contains(after("{}", deep + "=1"), "goes deeper"));
}

// ---- what lies beyond the pointer -----------------------------------------------------

TEST_CASE("objects that are missing on the way are made") {
    CHECK(after("{}", "/a/b/c=1") == R"({"a": {"b": {"c": 1}}})");
    CHECK(after(R"({"a":null})", "/a/b=1") == R"({"a": {"b": 1}})");
    CHECK(after("{}", "/a/-=1") == R"({"a": [1]})");
}

TEST_CASE("a scalar holds nothing") {
    CHECK(after(R"({"a":true})", "/a/b=1") ==
          "cannot set /a/b: what holds \"b\" is neither an object nor an array");
    CHECK(contains(after(R"({"a":"text"})", "/a/0=1"), "neither"));
    CHECK(contains(after(R"({"a":[7]})", "/a/0/b=1"), "neither"));
}

TEST_CASE("null takes away what is there") {
    CHECK(after(R"({"a":1,"b":2})", "/a=null") == R"({"b": 2})");
    CHECK(after(R"({"a":[1,2,3]})", "/a/1=null") == R"({"a": [1,3]})");
    CHECK(after("{}", "/a=null") == "cannot set /a to null: there is nothing to take away");
    CHECK(contains(after("{}", "/a/b=null"), "nothing to take away"));
    CHECK(contains(after(R"({"a":[1]})", "/a/-=null"), "is no index"));
    CHECK(contains(after(R"({"a":[1]})", "/a/1=null"), "no element 1"));
    CHECK(contains(after(R"({"a":1})", "/a/b=null"), "neither"));
}

TEST_CASE("the first equals sign parts pointer and value") {
    CHECK(after("{}", R"(/a="b=c")") == R"({"a": "b=c"})");
    CHECK(contains(after("{}", "/a"), "must be POINTER=JSON"));
}

TEST_CASE("a value is any JSON, and strictly so") {
    CHECK(after("{}", "/a=-5") == R"({"a": -5})");
    CHECK(after("{}", "/a= [true, 1.5e3, \"\\u00e4\"]") == "{\"a\": [true,1.5e3,\"ä\"]}");
    CHECK(after("{}", "/a=18446744073709551615") == R"({"a": 18446744073709551615})");
    for (const char* text : {"/a=", "/a={", "/a=1 2", "/a=[1,]", "/a='x'", "/a=True", "/a=\"x"}) {
        INFO(text);
        CHECK(contains(after("{}", text), "not valid JSON"));
    }
}

TEST_CASE("who forgets the quotes of a text is told") {
    CHECK(contains(after("{}", "/hostname=box"), R"((a text needs quotes: '/hostname="box"'))"));
    CHECK_FALSE(contains(after("{}", "/a={b}"), "needs quotes"));
}

// ---- reading and writing --------------------------------------------------------------

TEST_CASE("the text of a document is indented by tabs") {
    const auto document = oci::spec::parse_json(R"({"a":[1,{}],"b":"x\"y","c":null,"d":[]})");
    REQUIRE(document);
    CHECK(oci::spec::document_text(document.value()) ==
          "{\n\t\"a\": [\n\t\t1,\n\t\t{}\n\t],\n\t\"b\": \"x\\\"y\",\n\t\"c\": null,\n\t\"d\": "
          "[]\n}\n");
}

TEST_CASE("words between spaces are an array of texts") {
    oci::spec::Value::Object object;
    oci::spec::add(object, "a", oci::spec::word_list("one two "));
    oci::spec::add(object, "b", oci::spec::word_list(""));
    CHECK(on_one_line(oci::spec::document_text({std::move(object)})) ==
          R"({"a": ["one","two"],"b": []})");
}

TEST_CASE("a value is found below its keys, unless it is null") {
    const auto document = oci::spec::parse_json(R"({"a":{"b":1,"c":null},"d":[]})");
    REQUIRE(document);
    CHECK(oci::spec::find_below(document.value(), {"a", "b"}) != nullptr);
    CHECK(oci::spec::find_below(document.value(), {}) == &document.value());
    CHECK(oci::spec::find_below(document.value(), {"a", "c"}) == nullptr);
    CHECK(oci::spec::find_below(document.value(), {"a", "x"}) == nullptr);
    CHECK(oci::spec::find_below(document.value(), {"d", "0"}) == nullptr);
}
