// SPDX-License-Identifier: Apache-2.0
#include "image/unpack/entry_path.hpp"

#include "support/catch.hpp"

using namespace oci::image::unpack;

namespace {

std::string clean(std::string_view path) {
    const auto result = clean_entry_path(path);
    return result ? result.value() : "refused";
}

}  // namespace

TEST_CASE("a path of an entry is one below the root") {
    CHECK(clean("./a//b/./c/") == "a/b/c");
    CHECK(clean("/a/b") == "a/b");
    CHECK(clean("./").empty());
    CHECK(clean("...") == "...");
}

TEST_CASE("a path with dots, a NUL, or too much of anything is refused") {
    CHECK(clean("..") == "refused");
    CHECK(clean("a/../b") == "refused");
    CHECK(clean(std::string_view{"a\0b", 3}) == "refused");
    CHECK(clean(std::string(255, 'a')) != "refused");
    CHECK(clean(std::string(256, 'a')) == "refused");
    std::string deep;
    for (int i = 0; i < 256; ++i) deep += "d/";
    CHECK(clean(deep) != "refused");
    CHECK(clean(deep + "d") == "refused");
    CHECK(clean(std::string(100, 'a') + "/" + std::string(4096, '/')) != "refused");
}

TEST_CASE("a path has a directory and a name") {
    CHECK(parent_of("a/b/c") == "a/b");
    CHECK(parent_of("a").empty());
    CHECK(name_in("a/b") == "b");
    CHECK(name_in("a") == "a");
    CHECK(join("", "a") == "a");
    CHECK(join("a", "b") == "a/b");
    CHECK(is_at_or_below("a/b", "a"));
    CHECK(is_at_or_below("a", ""));
    CHECK_FALSE(is_at_or_below("ab", "a"));
}

TEST_CASE("whiteouts are known by their names") {
    CHECK(mark_of("a/.wh.b").value().mark == Mark::Whiteout);
    CHECK(mark_of("a/.wh.b").value().name == "b");
    CHECK(mark_of("a/.wh..wh..opq").value().mark == Mark::Opaque);
    CHECK(mark_of(".wh..wh.plnk/1.2").value().mark == Mark::Aufs);
    CHECK(mark_of("a/wh.b").value().mark == Mark::None);
    for (const auto* path : {".wh.", ".wh..", ".wh...", "a/.wh.", ".wh.a/b"})
        CHECK_FALSE(mark_of(path));
}

TEST_CASE("a path in a message drives no terminal") { CHECK(shown("a\x1b[1m") == "\"a\\x1B[1m\""); }
