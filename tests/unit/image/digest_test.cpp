// SPDX-License-Identifier: Apache-2.0
#include "image/digest.hpp"

#include "image/hasher.hpp"
#include "support/catch.hpp"

using namespace oci;
using image::Digest;
using image::DigestAlgorithm;

namespace {

const std::string empty_sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

}  // namespace

TEST_CASE("a digest is an algorithm and as much lower-case hex as it wants", "[image]") {
    const auto digest = Digest::parse("sha256:" + empty_sha256);
    REQUIRE(digest);
    CHECK(digest.value().algorithm() == DigestAlgorithm::Sha256);
    CHECK(digest.value().hex() == empty_sha256);
    CHECK(digest.value().text() == "sha256:" + empty_sha256);
    CHECK(Digest::parse("sha512:" + std::string(128, 'a')));
}

TEST_CASE("what could become a path is no digest", "[image]") {
    for (const std::string& text :
         {std::string{}, std::string{"sha256"}, std::string{"sha256:"},
          "sha256:" + empty_sha256 + "0", "sha256:" + empty_sha256.substr(1),
          "sha256:../" + empty_sha256.substr(3), "SHA256:" + empty_sha256,
          "sha256:" + std::string(64, 'A'), "sha256:" + std::string(64, 'g'),
          "sha512:" + empty_sha256, "sha256:" + empty_sha256.substr(1) + '\0',
          std::string{"md5:d41d8cd98f00b204e9800998ecf8427e"}, " sha256:" + empty_sha256})
        CHECK_FALSE(Digest::parse(text));
    CHECK(Digest::parse("md5:00").error().kind == ErrorKind::Unsupported);
    CHECK(Digest::parse("x").error().kind == ErrorKind::InvalidConfig);
}

TEST_CASE("a hasher gives the digest of all parts of a stream", "[image]") {
    CHECK(image::digest_of("").value().hex() == empty_sha256);
    auto hasher = image::Hasher::start(DigestAlgorithm::Sha256);
    REQUIRE(hasher);
    REQUIRE(hasher.value().update(std::string_view{"ab"}));
    REQUIRE(hasher.value().update(std::string_view{"c"}));
    CHECK(hasher.value().finish().value().hex() ==
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(image::digest_of("abc", DigestAlgorithm::Sha512).value().hex().starts_with("ddaf35a1"));
}
