// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/systemd/value_text.hpp"

#include <bit>

#include "support/catch.hpp"

using namespace oci::cgroups::systemd;

namespace {

Value number(const char* type, std::int64_t value) {
    return {.type = type, .number = static_cast<std::uint64_t>(value), .text = {}, .items = {}};
}

Value typed(const char* type, std::string_view text) {
    return {.type = type, .number = 0, .text = std::string{text}, .items = {}};
}

Value parsed(std::string_view text) {
    INFO(text);
    auto value = parse_value(text);
    REQUIRE(value);
    return std::move(value).value();
}

}  // namespace

TEST_CASE("values without a type have the one they look like") {
    CHECK(parsed("'inactive-or-failed'") == string("inactive-or-failed"));
    CHECK(parsed("\"x\"") == string("x"));
    CHECK(parsed("true") == boolean(true));
    CHECK(parsed(" false ") == boolean(false));
    CHECK(parsed("15") == number("i", 15));
    CHECK(parsed("-15") == number("i", -15));
    CHECK(parsed("0x10") == number("i", 16));
    CHECK(parsed("010") == number("i", 8));
    CHECK(parsed("1.5").type == "d");
    CHECK(parsed("1e3").number == std::bit_cast<std::uint64_t>(1000.0));
    CHECK(parsed("-inf").type == "d");
}

TEST_CASE("a word before a value is its type") {
    CHECK(parsed("uint64 10000000") == uint64(10'000'000));
    CHECK(parsed("uint64 18446744073709551615") == uint64(~std::uint64_t{0}));
    CHECK(parsed("int64 -9223372036854775808").number == std::uint64_t{1} << 63U);
    CHECK(parsed("uint32 7") == uint32(7));
    CHECK(parsed("byte 0xff") == number("y", 255));
    CHECK(parsed("int16 -1") == number("n", -1));
    CHECK(parsed("uint16 65535") == number("q", 65535));
    CHECK(parsed("double 2").number == std::bit_cast<std::uint64_t>(2.0));
    CHECK(parsed("objectpath '/a/b'") == typed("o", "/a/b"));
    CHECK(parsed("signature 'a(sv)'") == typed("g", "a(sv)"));
    CHECK(parsed("boolean true") == boolean(true));
}

TEST_CASE("arrays have items of one type") {
    CHECK(parsed("['crio.service']") == strings({"crio.service"}));
    CHECK(parsed("['a', 'b']") == strings({"a", "b"}));
    CHECK(parsed("@as []") == strings({}));
    CHECK(parsed("[uint64 1, 2]") == array("t", {uint64(1), uint64(2)}));
    CHECK(parsed("[1, uint64 2]") == array("t", {uint64(1), uint64(2)}));
    CHECK(parsed("@at [1, 2]") == array("t", {uint64(1), uint64(2)}));
    CHECK(parsed("[[1], [2]]").type == "aai");
    CHECK(parsed("[byte 1, 2]") == bytes({1, 2}));
}

TEST_CASE("tuples, variants and byte strings") {
    CHECK(parsed("('a', uint64 1)") == tuple({string("a"), uint64(1)}));
    CHECK(parsed("(1,)") == tuple({number("i", 1)}));
    CHECK(parsed("@(st) ('a', 1)") == tuple({string("a"), uint64(1)}));
    CHECK(parsed("[('/dev/sda', uint64 5)]").type == "a(st)");
    CHECK(parsed("@a(st) [('/dev/sda', 5)]") ==
          array("(st)", {tuple({string("/dev/sda"), uint64(5)})}));
    CHECK(parsed("<'x'>") == variant(string("x")));
    CHECK(parsed("b'ab'") == bytes({'a', 'b', 0}));
}

TEST_CASE("escapes in strings") {
    CHECK(parsed(R"('a\'b\\c\n')") == string("a'b\\c\n"));
    CHECK(parsed(R"("\u00e4\U0001f40b")") == string("\u00e4\U0001f40b"));
    CHECK(parsed(R"("it's")") == string("it's"));
}

TEST_CASE("what is no value is refused, and where it goes wrong is told") {
    for (const char* text : {"",
                             " ",
                             "'open",
                             "uint64",
                             "uint64 -1",
                             "byte 256",
                             "uint64 18446744073709551616",
                             "int32 2147483648",
                             "2147483648",
                             "1 2",
                             "true false",
                             "yes",
                             "[",
                             "[1",
                             "[1 2]",
                             "[]",
                             "[1, 'a']",
                             "['a', true]",
                             "@as ['a', 1]",
                             "@ 1",
                             "@x 'a'",
                             "@as",
                             "()",
                             "(1",
                             "uint64 'x'",
                             "string 5",
                             "objectpath 'x'",
                             "objectpath '/a/'",
                             "signature 'aa'",
                             R"('\q')",
                             R"('\u0000')",
                             "'\xff'",
                             "nothing",
                             "just 1",
                             "handle 0",
                             "@h 0",
                             "{'a': 1}",
                             "<1",
                             "@(st) ('a',)",
                             "@(st) ('a', 1, 2)",
                             "1.5.2",
                             "0x",
                             "--1",
                             "+"}) {
        INFO(text);
        const auto value = parse_value(text);
        REQUIRE_FALSE(value);
        CHECK(value.error().kind == oci::ErrorKind::InvalidConfig);
    }
    CHECK(parse_value("[1, oops]").error().message.find("at byte 4") != std::string::npos);
}

TEST_CASE("neither depth nor length is without end") {
    CHECK_FALSE(parse_value(std::string(100, '[')));
    CHECK_FALSE(parse_value(std::string(100, '(')));
    CHECK_FALSE(parse_value("'" + std::string(100'000, 'x') + "'"));
}
