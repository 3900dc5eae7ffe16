// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"

#include <cstdint>

#include "support/catch.hpp"

using namespace std::string_view_literals;
using Parts = std::vector<std::string_view>;

TEST_CASE("splitting keeps empty parts") {
    CHECK(oci::split("a,b,,c", ',') == Parts{"a", "b", "", "c"});
    CHECK(oci::split("", ',') == Parts{""});
    CHECK(oci::split(",", ',') == Parts{"", ""});
}

TEST_CASE("trimming takes blanks at both ends only") {
    CHECK(oci::trim(" \ta b\r\n") == "a b");
    CHECK(oci::trim(" \n").empty());
    CHECK(oci::trim("").empty());
}

TEST_CASE("a number is digits and nothing else") {
    CHECK(oci::parse_number<int>("-12") == -12);
    CHECK(oci::parse_number<std::uint32_t>("4294967295") == 4294967295U);
    CHECK(oci::parse_number<unsigned>("755", 8) == 0755U);
    for (const auto text : {""sv, " 1"sv, "1 "sv, "+1"sv, "0x1"sv, "1e3"sv, "--1"sv, "1\0"sv})
        CHECK_FALSE(oci::parse_number<int>(text));
}

TEST_CASE("a number outside its type is no number") {
    CHECK_FALSE(oci::parse_number<std::uint32_t>("4294967296"));
    CHECK_FALSE(oci::parse_number<std::uint32_t>("-1"));
    CHECK_FALSE(oci::parse_number<std::int8_t>("128"));
}

TEST_CASE("well-formed UTF-8 is told from bytes") {
    for (const auto text : {""sv, "abc"sv, "ü"sv, "€"sv, "𝄞"sv, "\xF4\x8F\xBF\xBF"sv})
        CHECK(oci::is_utf8(text));
    for (const auto text : {"\x80"sv, "\xC0\x80"sv, "\xC3"sv, "\xE0\x80\x80"sv, "\xED\xA0\x80"sv,
                            "\xF0\x80\x80\x80"sv, "\xF4\x90\x80\x80"sv, "\xFF"sv, "a\xFEz"sv})
        CHECK_FALSE(oci::is_utf8(text));
}

TEST_CASE("displayed text holds no control bytes") {
    CHECK(oci::escape_for_display("plain ü") == "plain ü");
    CHECK(oci::escape_for_display("a\nb\x1b[0m\x7f") == "a\\x0ab\\x1b[0m\\x7f");
    CHECK(oci::escape_for_display("\xC2\x9B") == "\\xc2\\x9b");
    CHECK(oci::escape_for_display("\xFFz\xC3") == "\\xffz\\xc3");
}

TEST_CASE("quoting for JSON escapes what JSON forbids") {
    CHECK(oci::json_quoted("a\"b\\c/\n") == R"("a\"b\\c/\u000a")");
    CHECK(oci::json_quoted("") == "\"\"");
}

TEST_CASE("a text for display is cut between characters and escapes, and says so") {
    CHECK(oci::display_text("abc", 3) == "abc");
    CHECK(oci::display_text("abcd", 3) == "...");
    CHECK(oci::display_text("abcdef", 5) == "ab...");
    CHECK(oci::display_text("a\xc3\xa4\xc3\xa4", 5) == "a\xc3\xa4\xc3\xa4");
    CHECK(oci::display_text("a\xc3\xa4\xc3\xa4 and more", 7) == "a\xc3\xa4...");
    CHECK(oci::display_text("\x1b\x1b\x1b", 8) == "\\x1b...");
    CHECK(oci::display_text("", 0).empty());
    CHECK(oci::display_text("abc", 2).size() <= 2);
}

TEST_CASE("lower case is of A to Z alone", "[base]") {
    CHECK(oci::lower_case("Content-TYPE z@[") == "content-type z@[");
    CHECK(oci::lower_case("\xc3\x84").size() == 2);
    CHECK(oci::lower_case("\xc3\x84") == "\xc3\x84");
}
