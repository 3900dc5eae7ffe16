// SPDX-License-Identifier: Apache-2.0
#include "base/path.hpp"

#include "support/catch.hpp"

TEST_CASE("what leads to a path comes before it") {
    using Paths = std::vector<std::string>;
    CHECK(oci::leading_paths("/a/b/c") == Paths{"/a", "/a/b", "/a/b/c"});
    CHECK(oci::leading_paths("/a") == Paths{"/a"});
    CHECK(oci::leading_paths("a/b") == Paths{"a", "a/b"});
}

TEST_CASE("a clean path is absolute and has no detours") {
    CHECK(oci::clean_path("/a//b/./c/../d/") == "/a/b/d");
    CHECK(oci::clean_path("a/b") == "/a/b");
    CHECK(oci::clean_path("") == "/");
}

TEST_CASE("two dots stop at the root") {
    CHECK(oci::clean_path("/../..") == "/");
    CHECK(oci::clean_path("/a/../../b") == "/b");
    CHECK(oci::clean_path("...") == "/...");
}

TEST_CASE("joining keeps an absolute path as it is") {
    CHECK(oci::join_path("/a", "b") == "/a/b");
    CHECK(oci::join_path("/a/", "b") == "/a/b");
    CHECK(oci::join_path("/a", "/b") == "/b");
    CHECK(oci::join_path("", "b") == "b");
}

TEST_CASE("below means whole components") {
    CHECK(oci::is_below("/a/b", "/a"));
    CHECK(oci::is_below("/a", "/a"));
    CHECK(oci::is_below("/a", "/"));
    CHECK_FALSE(oci::is_below("/ab", "/a"));
    CHECK_FALSE(oci::is_below("/", "/a"));
}

TEST_CASE("the name of a file is its last component") {
    CHECK(oci::file_name("/a/b") == "b");
    CHECK(oci::file_name("b") == "b");
    CHECK(oci::file_name("/a/").empty());
}

TEST_CASE("the parent of a path is what stands before its last component") {
    CHECK(oci::parent_path("/a/b") == "/a");
    CHECK(oci::parent_path("/a") == "/");
    CHECK(oci::parent_path("a") == ".");
}
