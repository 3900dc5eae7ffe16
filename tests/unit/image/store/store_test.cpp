// SPDX-License-Identifier: Apache-2.0
#include "image/store/store.hpp"

#include <sys/stat.h>

#include "image/store/references.hpp"
#include "support/catch.hpp"
#include "support/temporary_directory.hpp"

using namespace oci::image;

TEST_CASE("images are kept where root or the user keeps things") {
    CHECK(default_storage(true, "/data", "/home/me") == "/var/lib/oci-rt");
    CHECK(default_storage(false, "/data", "/home/me") == "/data/oci-rt");
    CHECK(default_storage(false, "", "/home/me") == "/home/me/.local/share/oci-rt");
    CHECK(default_storage(false, "data", "").empty());
}

TEST_CASE("a store is made, is closed to others, and is opened again") {
    const test::TemporaryDirectory folder;
    REQUIRE(Store::open(folder.path("a/b")));
    struct stat status {};
    REQUIRE(::stat(folder.path("a/b").c_str(), &status) == 0);
    CHECK((status.st_mode & 07777U) == 0700);
    const auto again = Store::open(folder.path("a/b"));
    REQUIRE(again);
    CHECK(references(again.value()).value().empty());
}

TEST_CASE("a store that others may write to is not used") {
    const test::TemporaryDirectory folder;
    REQUIRE(Store::open(folder.path("a")));
    REQUIRE(::chmod(folder.path("a").c_str(), 0777) == 0);
    CHECK_FALSE(Store::open(folder.path("a")));
    CHECK_FALSE(Store::open(""));
}

TEST_CASE("paths in the store have no colon, which parts the directories of an overlay") {
    const Digest digest{DigestAlgorithm::Sha256, "ab"};
    CHECK(place::blob(digest) == "content/blobs/sha256/ab");
    CHECK(place::part(digest) == "content/ingest/sha256-ab.part");
    CHECK(place::layer(digest) == "layers/sha256-ab");
}
