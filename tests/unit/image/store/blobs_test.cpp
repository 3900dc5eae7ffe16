// SPDX-License-Identifier: Apache-2.0
#include "image/store/blobs.hpp"

#include <fstream>

#include "support/catch.hpp"
#include "support/temporary_directory.hpp"

using namespace oci::image;

namespace {

const std::string text = "hello, world";

Descriptor descriptor_of(const std::string& content) {
    return {.digest = digest_of(content).value(), .size = content.size()};
}

struct Fixture {
    test::TemporaryDirectory folder{};
    Store store = Store::open(folder.path("store")).value();
    Descriptor wanted = descriptor_of(text);

    [[nodiscard]] BlobWriter writer(Wait wait = Wait::Yes) const {
        return BlobWriter::begin(store, wanted.digest, wanted.size, wait).value();
    }
};

}  // namespace

TEST_CASE("a blob is there only after it was committed") {
    const Fixture fixture;
    BlobWriter writer = fixture.writer();
    REQUIRE(writer.append(text));
    CHECK_FALSE(has_blob(fixture.store, fixture.wanted.digest, text.size()).value());
    REQUIRE(writer.commit());
    CHECK(has_blob(fixture.store, fixture.wanted.digest, text.size()).value());
    CHECK(read_blob(fixture.store, fixture.wanted).value() == text);
    CHECK(fixture.writer().state() == BlobWriter::State::There);
}

TEST_CASE("what an earlier process left is gone on with") {
    const Fixture fixture;
    REQUIRE(fixture.writer().append(std::string_view{text}.substr(0, 5)));
    BlobWriter second = fixture.writer();
    CHECK(second.offset() == 5);
    REQUIRE(second.append(std::string_view{text}.substr(5)));
    REQUIRE(second.commit());
    CHECK(read_blob(fixture.store, fixture.wanted).value() == text);
}

TEST_CASE("who cannot go on in the middle begins again") {
    const Fixture fixture;
    REQUIRE(fixture.writer().append(std::string_view{"wrong"}));
    BlobWriter second = fixture.writer();
    REQUIRE(second.restart());
    CHECK(second.offset() == 0);
    REQUIRE(second.append(text));
    CHECK(second.commit());
}

TEST_CASE("a blob that another one writes is busy") {
    const Fixture fixture;
    const BlobWriter first = fixture.writer();
    CHECK(fixture.writer(Wait::No).state() == BlobWriter::State::Busy);
}

TEST_CASE("a blob of another digest or size is never there") {
    const Fixture fixture;
    {
        BlobWriter writer = fixture.writer();
        REQUIRE(writer.append(std::string_view{"hello, xorld"}));
        CHECK_FALSE(writer.commit());
    }
    {
        BlobWriter writer = fixture.writer();
        CHECK(writer.offset() == 0);  // nothing of the bad one is kept
        REQUIRE(writer.append(std::string_view{"hello"}));
        CHECK_FALSE(writer.commit());
        CHECK_FALSE(writer.append(std::string_view{"hello, world"}));
    }
    CHECK_FALSE(has_blob(fixture.store, fixture.wanted.digest, text.size()).value());
}

TEST_CASE("a blob that was damaged on disk is not read") {
    const Fixture fixture;
    {
        BlobWriter writer = fixture.writer();
        REQUIRE(writer.append(text));
        REQUIRE(writer.commit());
    }
    const std::string path = fixture.store.path() + "/" + place::blob(fixture.wanted.digest);
    for (const char* content : {"hello, xorld", "hello", "hello, world!"}) {
        std::ofstream{path} << content;
        CHECK_FALSE(read_blob(fixture.store, fixture.wanted));
        CHECK_FALSE(check_blob(fixture.store, fixture.wanted.digest));
    }
    // Of another size it may be written anew.
    CHECK(fixture.writer().state() == BlobWriter::State::Open);
}

TEST_CASE("a text becomes a blob") {
    const Fixture fixture;
    Lease lease = Lease::begin(fixture.store).value();
    const auto written = put_blob(fixture.store, text, lease);
    REQUIRE(written);
    CHECK(written.value().digest == fixture.wanted.digest);
    CHECK(read_blob(fixture.store, fixture.wanted).value() == text);
}
