// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/systemd/wire.hpp"

#include "support/catch.hpp"

using namespace oci::cgroups::systemd;

namespace {

std::string written(const std::vector<Value>& values) {
    wire::Writer writer;
    for (const Value& value : values) writer.put(value);
    return std::move(writer).bytes();
}

/// With its zeros.
template <std::size_t size>
std::string text(const char (&literal)[size]) {
    return {literal, size - 1};
}

Value number(const char* type, std::uint64_t value) {
    return {.type = type, .number = value, .text = {}, .items = {}};
}

}  // namespace

TEST_CASE("strings are written as in the specification of D-Bus") {
    CHECK(written({string("foo"), string("+"), string("bar")}) == text("\3\0\0\0foo\0"
                                                                       "\1\0\0\0+\0\0\0"
                                                                       "\3\0\0\0bar\0"));
}

TEST_CASE("the padding before the items of an array is no part of its length") {
    CHECK(written({array("x", {number("x", 5)})}) == text("\10\0\0\0"
                                                          "\0\0\0\0"
                                                          "\5\0\0\0\0\0\0\0"));
    CHECK(written({array("(sv)", {})}) == text("\0\0\0\0\0\0\0\0"));
}

TEST_CASE("numbers have the size and alignment of their type") {
    CHECK(written({number("y", 1), number("q", 0x0302)}) == text("\1\0\2\3"));
    CHECK(written({number("y", 1), number("i", static_cast<std::uint64_t>(-2))}) ==
          text("\1\0\0\0\xfe\xff\xff\xff"));
    CHECK(written({boolean(true), uint64(1)}) == text("\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0"));
}

TEST_CASE("a variant has its type before it") {
    CHECK(written({variant(uint32(7))}) == text("\1u\0\0\7\0\0\0"));
}

TEST_CASE("a property is a structure of its name and a variant") {
    CHECK(written({arguments_of({{"A", boolean(true)}})}) == text("\20\0\0\0"
                                                                  "\0\0\0\0"
                                                                  "\1\0\0\0A\0"
                                                                  "\1b\0\0\0\0"
                                                                  "\1\0\0\0"));
}

TEST_CASE("what is written can be read") {
    const std::vector<Value> values{
        boolean(true),
        number("y", 255),
        uint64(~std::uint64_t{0}),
        strings({"a", "", "c"}),
        bytes({1, 2, 3}),
        array("(st)", {tuple({string("/dev/sda"), uint64(5)})}),
        variant(variant(string("deep"))),
        {.type = "a{sv}",
         .number = 0,
         .text = {},
         .items = {{.type = "{sv}",
                    .number = 0,
                    .text = {},
                    .items = {string("k"), variant(uint32(1))}}}},
    };
    const std::string all = written(values);
    wire::Reader reader{all, true};
    for (const Value& value : values) {
        const auto read = reader.take(value.type);
        REQUIRE(read);
        CHECK(read.value() == value);
    }
    CHECK(reader.is_at_end());
}

TEST_CASE("numbers are read in either order of bytes") {
    const std::string bytes = text("\1\2\3\4");
    CHECK(wire::Reader(bytes, true).take("u").value().number == 0x04030201);
    CHECK(wire::Reader(bytes, false).take("u").value().number == 0x01020304);
}

TEST_CASE("numbers below zero stay so") {
    for (const char* type : {"n", "i", "x"}) {
        const Value least = number(type, static_cast<std::uint64_t>(std::int64_t{-5}));
        const std::string bytes = written({least});
        wire::Reader reader{bytes, true};
        const auto again = reader.take(type);
        REQUIRE(again);
        CHECK(again.value() == least);
    }
}

TEST_CASE("no length is believed, and no byte read that is not there") {
    for (const auto& [type, bytes] :
         {std::pair{"s", text("\xff\xff\xff\x7f")}, std::pair{"s", text("\2\0\0\0ab")},
          std::pair{"s", text("\1\0\0\0\0\0")}, std::pair{"s", text("\1\0\0\0\xff\0")},
          std::pair{"as", text("\xff\0\0\0")}, std::pair{"at", text("\4\0\0\0\0\0\0\0\1\0\0\0")},
          std::pair{"ay", text("\2\0\0\0\1")}, std::pair{"v", text("\2uu\0\0\0\0\0")},
          std::pair{"v", text("\0\0")}, std::pair{"t", text("\0\0\0")}, std::pair{"u", text("")}}) {
        INFO(type << " of " << bytes.size());
        CHECK_FALSE(wire::Reader(bytes, true).take(type));
    }
    std::string nested;
    for (int i = 0; i < 100; ++i) nested += text("\1v\0");
    CHECK_FALSE(wire::Reader(nested, true).take("v"));
}

TEST_CASE("padding is zero") {
    wire::Reader reader{"\1\2\0\0\1\0\0\0", true};
    CHECK(reader.take("y"));
    CHECK_FALSE(reader.take("u"));
}
