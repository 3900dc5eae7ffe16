// SPDX-License-Identifier: Apache-2.0
#include "image/store/references.hpp"

#include <fstream>
#include <iterator>

#include "image/hasher.hpp"
#include "image/store/locked.hpp"
#include "support/catch.hpp"
#include "support/temporary_directory.hpp"

using namespace oci::image;

namespace {

Descriptor manifest(const std::string& text) {
    return {.media_type = "application/vnd.oci.image.manifest.v1+json",
            .digest = digest_of(text).value(),
            .size = text.size(),
            .platform = Platform{"linux", "arm64", "v8", "6.1", {"sev"}}};
}

Reference reference(std::string_view text) { return parse_reference(text).value(); }

}  // namespace

TEST_CASE("a name leads to what it was set to last") {
    const test::TemporaryDirectory folder;
    const Store store = Store::open(folder.path("store")).value();
    REQUIRE(set_reference(store, reference("debian"), manifest("one")));
    REQUIRE(set_reference(store, reference("debian"), manifest("two")));
    const auto found = find_reference(store, "docker.io/library/debian:latest");
    REQUIRE(found);
    CHECK(found.value().descriptor.digest == manifest("two").digest);
    CHECK(found.value().descriptor.platform == manifest("two").platform);
    CHECK(references(store).value().size() == 1);
    CHECK_FALSE(find_reference(store, "debian:12"));
    CHECK_FALSE(find_reference(store, "Not A Name"));
}

TEST_CASE("an image is found by its digest, with or without its repository") {
    const test::TemporaryDirectory folder;
    const Store store = Store::open(folder.path("store")).value();
    REQUIRE(set_reference(store, reference("debian:12"), manifest("one")));
    const std::string digest = manifest("one").digest.text();
    CHECK(find_reference(store, digest));
    CHECK(find_reference(store, "debian@" + digest));
    CHECK_FALSE(find_reference(store, "ubuntu@" + digest));
    CHECK_FALSE(find_reference(store, manifest("two").digest.text()));
}

TEST_CASE("names are removed, by digest all of them") {
    const test::TemporaryDirectory folder;
    const Store store = Store::open(folder.path("store")).value();
    for (const char* name : {"a", "b", "c"})
        REQUIRE(
            set_reference(store, reference(name), manifest(name == std::string{"c"} ? "2" : "1")));
    REQUIRE(remove_reference(store, "a"));
    CHECK_FALSE(remove_reference(store, "a"));
    REQUIRE(set_reference(store, reference("d"), manifest("1")));
    CHECK(remove_reference(store, manifest("1").digest.text()).value().size() == 2);
    CHECK(references(store).value().size() == 1);
}

TEST_CASE("what others wrote into the index stays, and more entries than a registry may send") {
    const test::TemporaryDirectory folder;
    const Store store = Store::open(folder.path("store")).value();
    std::string entries;
    for (int i = 0; i < 300; ++i)
        entries +=
            std::string(i == 0 ? "" : ",") +
            R"({"mediaType":"application/vnd.oci.image.manifest.v1+json","size":1,"x":[1],"digest":")" +
            digest_of(std::to_string(i)).value().text() + "\"}";
    REQUIRE(write_durably(store.root(), place::index,
                          R"({"schemaVersion":2,"mine":true,"manifests":[)" + entries + "]}"));
    REQUIRE(set_reference(store, reference("a"), manifest("one")));
    CHECK(references(store).value().size() == 301);
    std::ifstream file{store.path() + "/" + place::index};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    CHECK(text.find("\"mine\"") != std::string::npos);
    CHECK(text.find("\"x\"") != std::string::npos);
}

TEST_CASE("an index that is none is an error") {
    const test::TemporaryDirectory folder;
    const Store store = Store::open(folder.path("store")).value();
    for (const char* text : {"", "[]", "{}", R"({"schemaVersion":2,"manifests":[{}]})"}) {
        REQUIRE(write_durably(store.root(), place::index, text));
        CHECK_FALSE(references(store));
        CHECK_FALSE(set_reference(store, reference("a"), manifest("one")));
    }
}
