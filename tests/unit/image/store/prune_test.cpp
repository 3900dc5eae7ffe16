// SPDX-License-Identifier: Apache-2.0
#include "image/store/prune.hpp"

#include <unistd.h>

#include <filesystem>

#include "image/store/blobs.hpp"
#include "image/store/containers.hpp"
#include "image/store/layers.hpp"
#include "image/store/references.hpp"
#include "image/store/verify.hpp"
#include "kernel/proc_files.hpp"
#include "support/catch.hpp"
#include "support/temporary_directory.hpp"

using namespace oci::image;

namespace {

struct Fixture {
    test::TemporaryDirectory folder{};
    Store store = Store::open(folder.path("store")).value();

    [[nodiscard]] std::size_t count(const char* below) const {
        const std::filesystem::directory_iterator begin{store.path() + "/" + below};
        return static_cast<std::size_t>(std::distance(begin, {}));
    }
};

const Digest chain{DigestAlgorithm::Sha256, std::string(64, 'a')};

void make_layer(const Store& store, const Digest& chain_id) {
    LayerWriter writer = LayerWriter::begin(store, chain_id).value();
    REQUIRE_FALSE(writer.is_there());
    REQUIRE(writer.commit({.diff_id = chain_id}));
}

}  // namespace

TEST_CASE("prune leaves what a running process holds, and takes it afterwards") {
    const Fixture fixture;
    {
        Lease lease = Lease::begin(fixture.store).value();
        REQUIRE(put_blob(fixture.store, "text", lease));
        CHECK(prune(fixture.store).value().blobs == 0);
    }
    CHECK(fixture.count("leases") == 0);
    CHECK(prune(fixture.store).value().blobs == 1);
}

TEST_CASE("what a container is made of is held as long as somebody wants the container") {
    const Fixture fixture;
    Digest blob{DigestAlgorithm::Sha256, {}};
    {
        Lease lease = Lease::begin(fixture.store).value();
        blob = put_blob(fixture.store, "text", lease).value().digest;
    }
    make_layer(fixture.store, chain);
    const std::uint64_t own_start = oci::kernel::process_status(::getpid()).value().start_time;
    const ContainerOwner here{fixture.folder.path("state"), ::getpid(), own_start};
    const ContainerOwner gone{fixture.folder.path("state"), ::getpid(), own_start + 1};
    const auto make = [&](const ContainerOwner& owner) {
        ContainerWriter writer = ContainerWriter::begin(fixture.store, "box").value();
        REQUIRE(writer.commit(owner, {{blob}, {chain}}));
    };
    make(here);
    CHECK(prune(fixture.store).value().layers == 0);
    CHECK_FALSE(ContainerWriter::begin(fixture.store, "box"));
    REQUIRE(remove_container(fixture.store, "box"));
    REQUIRE(remove_container(fixture.store, "box"));
    make(gone);
    fixture.folder.write("state/box/lock", "");
    const auto kept = prune(fixture.store);
    CHECK(kept.value().blobs == 0);
    CHECK(kept.value().layers == 0);
    std::filesystem::remove_all(fixture.folder.path("state"));
    const auto taken = prune(fixture.store);
    CHECK(taken.value().blobs == 1);
    CHECK(taken.value().layers == 1);
    CHECK(taken.value().leftovers == 1);
    CHECK(fixture.count("tmp") == 0);
    CHECK(fixture.count("containers") == 0);
}

TEST_CASE("a container that was not finished leaves nothing, and one that nobody wants gives way") {
    const Fixture fixture;
    {
        const ContainerWriter writer = ContainerWriter::begin(fixture.store, "box").value();
        CHECK(fixture.count("tmp") == 1);
        CHECK(prune(fixture.store).value().leftovers == 0);
    }
    CHECK(fixture.count("tmp") == 0);
    fixture.folder.write("store/containers/box/upper/file", "of one that was killed");
    ContainerWriter writer = ContainerWriter::begin(fixture.store, "box").value();
    REQUIRE(writer.commit({fixture.folder.path("state"), 0, 0}, {}));
    CHECK(fixture.count("containers/box") == 2);
    CHECK(fixture.count("tmp") == 0);
}

TEST_CASE("leftovers of the killed go, files that are being written stay") {
    const Fixture fixture;
    fixture.folder.write("store/tmp/1-1", "left");
    fixture.folder.write("store/tmp/layer-sha256-x/fs/deep/file", "left");
    fixture.folder.write("store/content/ingest/sha256-y.part", "left");
    fixture.folder.write("store/leases/1-1-1", "blob sha256:");
    NewBlob writing = NewBlob::begin(fixture.store).value();
    const auto pruned = prune(fixture.store);
    REQUIRE(pruned);
    CHECK(pruned.value().leftovers == 3);
    CHECK(fixture.count("tmp") == 1);
    CHECK(fixture.count("leases") == 0);
    CHECK(fixture.count("content/ingest") == 0);
}

TEST_CASE("a named image that is damaged stops prune") {
    const Fixture fixture;
    const std::string text = "no manifest";
    {
        Lease lease = Lease::begin(fixture.store).value();
        const auto written = put_blob(fixture.store, text, lease).value();
        REQUIRE(set_reference(fixture.store, parse_reference("a").value(),
                              {.media_type = "application/vnd.oci.image.manifest.v1+json",
                               .digest = written.digest,
                               .size = written.size}));
    }
    CHECK_FALSE(prune(fixture.store));
    CHECK(fixture.count("content/blobs/sha256") == 1);
    CHECK(verify(fixture.store, "").value().damages.size() == 1);
}

TEST_CASE("a layer is there as a whole or not at all") {
    const Fixture fixture;
    {
        LayerWriter writer = LayerWriter::begin(fixture.store, chain).value();
        CHECK_FALSE(has_layer(fixture.store, chain).value());
    }
    CHECK(fixture.count("tmp") == 0);
    make_layer(fixture.store, chain);
    CHECK(LayerWriter::begin(fixture.store, chain).value().is_there());
    CHECK(open_layer(fixture.store, chain));
}

TEST_CASE("short names of layers that begin alike differ") {
    const Fixture fixture;
    const Digest other{DigestAlgorithm::Sha256, std::string(63, 'a') + "b"};
    make_layer(fixture.store, chain);
    make_layer(fixture.store, other);
    const auto first = short_path(fixture.store, chain);
    const auto second = short_path(fixture.store, other);
    CHECK(first.value() == "l/aaaaaaaa");
    CHECK(second.value() == "l/aaaaaaab");
    CHECK(short_path(fixture.store, chain).value() == first.value());
}
