// SPDX-License-Identifier: Apache-2.0
#include "image/registry/client.hpp"

#include "image/hasher.hpp"
#include "support/catch.hpp"

using namespace oci;
using namespace oci::image;
using namespace oci::image::registry;

namespace {

const std::string index_type = "application/vnd.oci.image.index.v1+json";
const std::string text = R"({"mediaType": ")" + index_type + "\"}";

Answer answer(const std::vector<std::string>& fields) {
    Answer made{.status = 200, .body = text, .url = parse_url("https://a/").value()};
    for (const std::string& field : fields) REQUIRE(made.headers.add(field));
    return made;
}

}  // namespace

TEST_CASE("a document has the digest of its bytes", "[registry]") {
    const Digest digest = digest_of(text).value();
    const auto document = document_of(answer({"Content-Type: " + index_type}), digest, "");
    REQUIRE(document);
    CHECK(document.value().descriptor.digest == digest);
    CHECK(document.value().descriptor.size == text.size());
    CHECK(document.value().descriptor.media_type == index_type);
    const Digest long_one = digest_of(text, DigestAlgorithm::Sha512).value();
    CHECK(document_of(answer({"Content-Type: " + index_type}), long_one, ""));
}

TEST_CASE("a document of another digest is refused", "[registry]") {
    const Digest other = digest_of("x").value();
    const auto by_digest = document_of(answer({"Content-Type: " + index_type}), other, "");
    REQUIRE_FALSE(by_digest);
    CHECK(by_digest.error().code == "content-mismatch");
    const auto by_tag = document_of(
        answer({"Content-Type: " + index_type, "Docker-Content-Digest: " + other.text()}), {}, "");
    REQUIRE_FALSE(by_tag);
    CHECK(by_tag.error().code == "content-mismatch");
}

TEST_CASE("a document is what its descriptor says", "[registry]") {
    CHECK(document_of(answer({"Content-Type: " + index_type + "; charset=x"}), {}, index_type));
    CHECK_FALSE(document_of(answer({"Content-Type: " + index_type}), {}, "application/x"));
}

TEST_CASE("where a server does not know, the document says what it is", "[registry]") {
    for (const char* field : {"X: y", "Content-Type: application/octet-stream"}) {
        const auto document = document_of(answer({field}), {}, "");
        REQUIRE(document);
        CHECK(document.value().descriptor.media_type == index_type);
    }
}
