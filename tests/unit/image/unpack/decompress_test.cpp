// SPDX-License-Identifier: Apache-2.0
#include "image/unpack/decompress.hpp"

#include "image/unpack/hashing_source.hpp"
#include "support/catch.hpp"
#include "support/tar_text.hpp"

using namespace oci::image;
using namespace oci::image::unpack;

namespace {

// printf hello | gzip -n
const std::string gzip_hello{
    "\x1f\x8b\x08\0\0\0\0\0\0\x03\xcb\x48\xcd\xc9\xc9\x07\0\x86\xa6\x10\x36\x05\0\0\0", 25};
// printf hello | zstd
const std::string zstd_hello{"\x28\xb5\x2f\xfd\x04\x58\x29\0\0hello\xa3m\x9f\x88", 18};
const std::string zstd_skippable{"\x50\x2a\x4d\x18\x03\0\0\0abc", 11};

std::string unpacked(const std::string& blob, Compression compression, LayerLimits limits = {}) {
    for (const std::size_t piece : {1U, 1000U}) {
        test::TextSource source{blob, piece};
        Budget budget{limits};
        const auto tar = decompress(source, compression, budget);
        const std::string text = tar ? test::all_of(*tar.value()) : "error: " + tar.error().message;
        if (piece == 1000U) return text;
    }
    return "";
}

bool is_error(const std::string& text) { return text.starts_with("error: layer: "); }

}  // namespace

TEST_CASE("each compression gives what was put into it") {
    CHECK(unpacked("hello", Compression::None) == "hello");
    CHECK(unpacked(gzip_hello, Compression::Gzip) == "hello");
    CHECK(unpacked(gzip_hello, Compression::Detect) == "hello");
}

TEST_CASE("members of gzip follow each other, and nothing else follows them") {
    CHECK(unpacked(gzip_hello + gzip_hello, Compression::Gzip) == "hellohello");
    CHECK(is_error(unpacked(gzip_hello + "garbage", Compression::Gzip)));
    CHECK(is_error(unpacked(gzip_hello + std::string(100, '\0'), Compression::Gzip)));
    CHECK(is_error(unpacked(gzip_hello.substr(0, 20), Compression::Gzip)));
    CHECK(is_error(unpacked(gzip_hello + gzip_hello.substr(0, 5), Compression::Gzip)));
}

TEST_CASE("frames of zstd follow each other, some to be skipped") {
    CHECK(unpacked(zstd_hello, Compression::Zstd) == "hello");
    CHECK(unpacked(zstd_skippable + zstd_hello + zstd_skippable + zstd_hello,
                   Compression::Detect) == "hellohello");
    CHECK(unpacked(zstd_skippable, Compression::Zstd).empty());
    CHECK(is_error(unpacked(zstd_hello.substr(0, 10), Compression::Zstd)));
    CHECK(is_error(unpacked(zstd_skippable + "garbage", Compression::Zstd)));
}

TEST_CASE("the media type and the first bytes must agree") {
    CHECK(is_error(unpacked("hello", Compression::Gzip)));
    CHECK(is_error(unpacked(gzip_hello, Compression::None)));
    CHECK(is_error(unpacked(gzip_hello, Compression::Zstd)));
    CHECK(is_error(unpacked("", Compression::Gzip)));
}

TEST_CASE("the budget ends what unpacks to too much") {
    LayerLimits few;
    few.bytes = 4;
    CHECK(is_error(unpacked("hello", Compression::None, few)));
    CHECK(is_error(unpacked(gzip_hello, Compression::Gzip, few)));
    LayerLimits steep;
    steep.ratio = 1;
    steep.ratio_from = 0;
    CHECK(unpacked(gzip_hello, Compression::Gzip, steep) == "hello");
    CHECK(unpacked(std::string(100, 'x'), Compression::None, steep).size() == 100);
}

TEST_CASE("a blob is as long as its descriptor says, and hashed to its end") {
    const auto finish = [](std::uint64_t size) {
        test::TextSource source{"hello"};
        HashingSource hashed{source, Hasher::start(DigestAlgorithm::Sha256).value(), size};
        return hashed.finish();
    };
    CHECK(finish(5).value() == digest_of("hello").value());
    CHECK_FALSE(finish(4));
    CHECK_FALSE(finish(6));
}

TEST_CASE("only layers that are in the registry have a compression") {
    CHECK(compression_of(MediaType::LayerZstd).value() == Compression::Zstd);
    CHECK_FALSE(compression_of(MediaType::ForeignLayer));
    CHECK_FALSE(compression_of(MediaType::Config));
}
