// SPDX-License-Identifier: Apache-2.0
#include "image/documents.hpp"

#include <fmt/format.h>

#include "support/catch.hpp"

using namespace oci;
using image::MediaType;
using image::read_manifest;

namespace {

const std::string manifest_type = "application/vnd.oci.image.manifest.v1+json";
const std::string index_type = "application/vnd.oci.image.index.v1+json";
const std::string docker_type = "application/vnd.docker.distribution.manifest.v2+json";
const std::string digest = "sha256:" + std::string(64, 'a');

std::string descriptor(const std::string& type, const std::string& more = "") {
    return fmt::format(R"({{"mediaType": "{}", "digest": "{}", "size": 7{}}})", type, digest, more);
}

std::string manifest(const std::string& layers, const std::string& more = "") {
    return fmt::format(R"({{"schemaVersion": 2, "config": {}, "layers": [{}]{}}})",
                       descriptor("application/vnd.oci.image.config.v1+json"), layers, more);
}

std::string entry(const std::string& os, const std::string& architecture) {
    return descriptor(
        manifest_type,
        fmt::format(R"(, "platform": {{"os": "{}", "architecture": "{}"}})", os, architecture));
}

std::string index(const std::string& entries) {
    return fmt::format(R"({{"schemaVersion": 2, "manifests": [{}]}})", entries);
}

/// The message of a refusal; empty if it is taken.
std::string refusal(const std::string& text, const std::string& type = manifest_type) {
    const auto result = read_manifest(text, type);
    return result ? "" : result.error().message;
}

}  // namespace

TEST_CASE("a manifest has a configuration and layers", "[image]") {
    const auto read =
        read_manifest(manifest(descriptor("application/vnd.oci.image.layer.v1.tar+gzip") + "," +
                               descriptor("application/vnd.oci.image.layer.v1.tar+zstd")),
                      manifest_type);
    REQUIRE(read);
    const auto& parts = std::get<image::Manifest>(read.value());
    REQUIRE(parts.layers.size() == 2);
    CHECK(image::media_type_of(parts.layers[1].media_type) == MediaType::LayerZstd);
    CHECK(parts.config.size == 7);
}

TEST_CASE("Docker's media types are those of OCI", "[image]") {
    CHECK(refusal(R"({"schemaVersion": 2, "mediaType": ")" + docker_type + R"(", "config": )" +
                      descriptor("application/vnd.docker.container.image.v1+json") +
                      R"(, "layers": [)" +
                      descriptor("application/vnd.docker.image.rootfs.diff.tar.gzip") + "]}",
                  docker_type)
              .empty());
}

TEST_CASE("what could be taken for two documents is refused", "[image]") {
    CHECK(refusal(manifest("", R"(, "manifests": [])")).starts_with("/manifests"));
    CHECK(
        refusal(index(R"()").insert(1, R"("layers": [], )"), index_type).starts_with("/manifests"));
    CHECK(
        refusal(manifest("", R"(, "mediaType": ")" + index_type + "\"")).starts_with("/mediaType"));
    CHECK(refusal(R"({"schemaVersion": 1, "fsLayers": []})").starts_with("/fsLayers"));
    CHECK(refusal(manifest(""), "text/html").find("no manifest") != std::string::npos);
}

TEST_CASE("a manifest that lacks or exaggerates is refused by its place", "[image]") {
    CHECK(refusal(R"({"schemaVersion": 2})").starts_with("/config"));
    CHECK(refusal(R"({"schemaVersion": 3, "config": {}})").starts_with("/schemaVersion"));
    CHECK(refusal(manifest(R"({"mediaType": "x", "digest": "sha256:1", "size": 1})"))
              .starts_with("/layers/0/digest"));
    CHECK(refusal(manifest(R"({"mediaType": "x", "digest": ")" + digest + R"(", "size": -1})"))
              .starts_with("/layers/0/size"));
    CHECK(refusal(manifest(descriptor("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip")))
              .starts_with("/layers/0"));
    CHECK(refusal(manifest(descriptor("application/vnd.in-toto+json"))).starts_with("/layers/0"));
    std::string many = descriptor("application/vnd.oci.image.layer.v1.tar");
    for (int i = 0; i < 128; ++i)
        many += "," + descriptor("application/vnd.oci.image.layer.v1.tar");
    CHECK(refusal(manifest(many)).starts_with("/layers"));
    CHECK(refusal("[]").size() > 0);
}

TEST_CASE("the first manifest for the platform is chosen, attestations are not", "[image]") {
    const auto chosen = [](const std::string& entries, const std::string& platform) {
        const auto read = read_manifest(index(entries), index_type);
        REQUIRE(read);
        return image::choose(std::get<image::Index>(read.value()),
                             image::parse_platform(platform).value());
    };
    const std::string both =
        entry("unknown", "unknown") + "," + entry("linux", "amd64") + "," + entry("linux", "arm64");
    CHECK(chosen(both, "linux/arm64").value().platform->architecture == "arm64");
    CHECK(chosen(both, "linux/amd64").value().platform->architecture == "amd64");
    const auto none = chosen(both, "linux/s390x");
    REQUIRE_FALSE(none);
    CHECK(none.error().kind == ErrorKind::NotFound);
    CHECK(none.error().message ==
          "there is none for linux/s390x, but for linux/amd64, linux/arm64");
    CHECK(image::media_type_of(chosen(descriptor(index_type), "linux/amd64").value().media_type) ==
          MediaType::Index);
}

TEST_CASE("a system's version and the features that an image needs are read", "[image]") {
    const std::string entries =
        R"({"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": ")" + digest +
        R"(", "size": 1, "platform": {"os": "linux", "architecture": "amd64", "os.version": "6.1",
            "os.features": ["sev"]}},)" +
        entry("linux", "amd64");
    const auto read = read_manifest(index(entries), index_type);
    REQUIRE(read);
    const auto& list = std::get<image::Index>(read.value());
    CHECK(image::text_of(list.manifests[0].platform.value()) == "linux(6.1+sev)/amd64");
    CHECK(image::choose(list, {.architecture = "amd64"}).value().platform->os_version.empty());
    const auto sev = image::parse_platform("linux(+sev)/amd64").value();
    CHECK(image::choose(list, sev).value().platform->os_version == "6.1");
}

TEST_CASE("a configuration says how to run, and what its layers are", "[image]") {
    const auto config = image::read_config(
        R"({"os": "linux", "architecture": "amd64", "config": {"User": "1:2", "Env": ["A=b"],
            "Entrypoint": null, "Cmd": ["sh"], "WorkingDir": "/w", "Volumes": {"/v": {}},
            "ExposedPorts": {"80/tcp": {}}, "Labels": {"a": "b"}, "StopSignal": "SIGINT"},
            "rootfs": {"type": "layers", "diff_ids": [")" +
            digest + R"("]}})",
        1);
    REQUIRE(config);
    CHECK(config.value().user == "1:2");
    CHECK(config.value().command == std::vector<std::string>{"sh"});
    CHECK(config.value().entrypoint.empty());
    CHECK(config.value().volumes == std::vector<std::string>{"/v"});
    CHECK(config.value().labels == image::Pairs{{"a", "b"}});
    CHECK(config.value().diff_ids.size() == 1);
}

TEST_CASE("a configuration of another number of layers is refused", "[image]") {
    const std::string text =
        R"({"os": "linux", "architecture": "amd64", "rootfs": {"diff_ids": []}})";
    CHECK(image::read_config(text, 0));
    CHECK(image::read_config(text, 1).error().message.starts_with("/rootfs/diff_ids"));
    CHECK(image::read_config(R"({"os": "linux", "architecture": "amd64"})", 0)
              .error()
              .message.starts_with("/rootfs"));
}

TEST_CASE("a chain is hashed from the lowest layer up", "[image]") {
    const auto a = image::Digest::parse(digest).value();
    const auto chain = image::chain_ids({a, a}).value();
    REQUIRE(chain.size() == 2);
    CHECK(chain[0] == a);
    CHECK(chain[1].hex() != a.hex());
    CHECK(image::chain_ids({}).value().empty());
}
