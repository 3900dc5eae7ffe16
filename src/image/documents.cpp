// SPDX-License-Identifier: Apache-2.0
#include "image/documents.hpp"

#include <algorithm>
#include <array>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/named_values.hpp"
#include "base/text.hpp"
#include "image/hasher.hpp"
#include "spec/place.hpp"

namespace oci::image {
namespace {

using spec::Place;

constexpr std::array media_types{
    Named<MediaType>{"application/vnd.oci.image.index.v1+json", MediaType::Index},
    Named<MediaType>{"application/vnd.docker.distribution.manifest.list.v2+json", MediaType::Index},
    Named<MediaType>{"application/vnd.oci.image.manifest.v1+json", MediaType::Manifest},
    Named<MediaType>{"application/vnd.docker.distribution.manifest.v2+json", MediaType::Manifest},
    Named<MediaType>{"application/vnd.oci.image.config.v1+json", MediaType::Config},
    Named<MediaType>{"application/vnd.docker.container.image.v1+json", MediaType::Config},
    Named<MediaType>{"application/vnd.oci.image.layer.v1.tar", MediaType::LayerTar},
    Named<MediaType>{"application/vnd.docker.image.rootfs.diff.tar", MediaType::LayerTar},
    Named<MediaType>{"application/vnd.oci.image.layer.v1.tar+gzip", MediaType::LayerGzip},
    Named<MediaType>{"application/vnd.docker.image.rootfs.diff.tar.gzip", MediaType::LayerGzip},
    Named<MediaType>{"application/vnd.oci.image.layer.v1.tar+zstd", MediaType::LayerZstd},
    Named<MediaType>{"application/vnd.docker.image.rootfs.diff.tar.zstd", MediaType::LayerZstd},
};

/// One prefix for "tar", "tar+gzip", "tar+zstd" and Docker's "tar.gzip".
constexpr std::array<std::string_view, 2> foreign_layers{
    "application/vnd.oci.image.layer.nondistributable.v1.tar",
    "application/vnd.docker.image.rootfs.foreign.diff.tar",
};

// ---- descriptors ------------------------------------------------------------------

Result<void> read_digest(const Place& place, std::string_view key, Digest& out) {
    std::string text;
    OCI_TRY(spec::required(place, key, text));
    auto digest = Digest::parse(text);
    if (!digest)
        return Place(place, key, *place.find(key))
            .refuse(digest.error().message, digest.error().kind);
    out = std::move(digest).value();
    return {};
}

Result<void> read_platform(const Place& place, Platform& platform) {
    OCI_TRY(spec::field(place, "os", platform.os));
    OCI_TRY(spec::field(place, "architecture", platform.architecture));
    OCI_TRY(spec::field(place, "variant", platform.variant));
    OCI_TRY(spec::field(place, "os.version", platform.os_version));
    return spec::field(place, "os.features", platform.os_features);
}

Result<void> read_descriptor(const Place& place, Descriptor& descriptor) {
    OCI_TRY(spec::field(place, "mediaType", descriptor.media_type));
    OCI_TRY(read_digest(place, "digest", descriptor.digest));
    OCI_TRY(spec::required(place, "size", descriptor.size));
    OCI_TRY(spec::text_members(place, "annotations", descriptor.annotations));
    return spec::optional_section(place, "platform", descriptor.platform, read_platform);
}

Failure<Error> too_many(std::string_view pointer, std::size_t count, std::size_t most) {
    return fail(ErrorKind::InvalidConfig, "{}: has {} elements, more than {}", pointer, count,
                most);
}

// ---- manifests --------------------------------------------------------------------

Result<Index> read_index(const Place& place, std::size_t most) {
    Index index;
    OCI_TRY(spec::list(place, "manifests", index.manifests, read_descriptor));
    if (index.manifests.size() > most) return too_many("/manifests", index.manifests.size(), most);
    return index;
}

Result<void> check_layer(const Descriptor& layer, std::size_t index) {
    const MediaType type = media_type_of(layer.media_type);
    if (type == MediaType::ForeignLayer)
        return fail(ErrorKind::Unsupported,
                    "/layers/{}: is to be had from another place than the registry ({}): such "
                    "layers are not fetched",
                    index, json_quoted(display_text(layer.media_type, 100)));
    if (type != MediaType::LayerTar && type != MediaType::LayerGzip && type != MediaType::LayerZstd)
        return fail(ErrorKind::Unsupported, "/layers/{}/mediaType: {} is no layer of a file system",
                    index, json_quoted(display_text(layer.media_type, 100)));
    if (layer.size > largest_layer)
        return fail(ErrorKind::InvalidConfig, "/layers/{}/size: {} is more than {} bytes", index,
                    layer.size, largest_layer);
    return {};
}

Result<Manifest> read_image_manifest(const Place& place) {
    Manifest manifest;
    if (place.find("config") == nullptr) return spec::missing(place, "config");
    OCI_TRY(spec::section(place, "config", manifest.config, read_descriptor));
    if (media_type_of(manifest.config.media_type) != MediaType::Config)
        return fail(ErrorKind::Unsupported,
                    "/config/mediaType: {} is not the configuration of an image that runs",
                    json_quoted(display_text(manifest.config.media_type, 100)));
    if (manifest.config.size > spec::largest_document)
        return fail(ErrorKind::InvalidConfig, "/config/size: {} is more than {} bytes",
                    manifest.config.size, spec::largest_document);
    OCI_TRY(spec::list(place, "layers", manifest.layers, read_descriptor));
    if (manifest.layers.size() > most_layers)
        return too_many("/layers", manifest.layers.size(), most_layers);
    for (std::size_t i = 0; i < manifest.layers.size(); ++i)
        OCI_TRY(check_layer(manifest.layers[i], i));
    OCI_TRY(spec::text_members(place, "annotations", manifest.annotations));
    return manifest;
}

/// A document that is both could be read as one by us and as the other by whoever signed it.
Result<void> check_unambiguous(const Place& place, std::string_view media_type) {
    std::string inner;
    OCI_TRY(spec::field(place, "mediaType", inner));
    if (!inner.empty() && inner != media_type)
        return fail(ErrorKind::InvalidConfig, "/mediaType: says {}, where {} was said to come",
                    json_quoted(display_text(inner, 100)), json_quoted(media_type));
    const bool is_index = place.find("manifests") != nullptr;
    const bool is_manifest = place.find("layers") != nullptr || place.find("config") != nullptr;
    if (place.find("fsLayers") != nullptr)
        return fail(ErrorKind::Unsupported, "/fsLayers: manifests of schema 1 are not read");
    if (is_index && is_manifest)
        return fail(ErrorKind::InvalidConfig, "/manifests: stands beside /layers or /config");
    return {};
}

Result<void> check_version(const Place& place) {
    std::uint64_t version = 0;
    OCI_TRY(spec::required(place, "schemaVersion", version));
    if (version != 2)
        return fail(ErrorKind::Unsupported, "/schemaVersion: {} is not read, but 2", version);
    return {};
}

bool is_attestation(const Descriptor& descriptor) {
    if (descriptor.platform && descriptor.platform->os == "unknown") return true;
    return std::ranges::any_of(descriptor.annotations, [](const auto& annotation) {
        return annotation.first == "vnd.docker.reference.type";
    });
}

// ---- configuration ----------------------------------------------------------------

/// {"80/tcp": {}}: Go's way to write a set.
Result<void> read_set(const Place& place, std::string_view key, std::vector<std::string>& out) {
    const spec::Value* value = place.find(key);
    if (value == nullptr) return {};
    const spec::Value::Object* members = OCI_TRY(Place(place, key, *value).members());
    for (const spec::Member& member : *members) out.push_back(member.key);
    return {};
}

Result<void> read_execution(const Place& place, ImageConfig& config) {
    OCI_TRY(spec::field(place, "User", config.user));
    OCI_TRY(spec::field(place, "WorkingDir", config.working_directory));
    OCI_TRY(spec::field(place, "StopSignal", config.stop_signal));
    OCI_TRY(spec::field(place, "Env", config.environment));
    OCI_TRY(spec::field(place, "Entrypoint", config.entrypoint));
    OCI_TRY(spec::field(place, "Cmd", config.command));
    OCI_TRY(read_set(place, "ExposedPorts", config.exposed_ports));
    OCI_TRY(read_set(place, "Volumes", config.volumes));
    return spec::text_members(place, "Labels", config.labels);
}

Result<void> read_diff_ids(const Place& place, ImageConfig& config) {
    std::vector<std::string> texts;
    OCI_TRY(spec::required(place, "diff_ids", texts));
    for (std::size_t i = 0; i < texts.size(); ++i) {
        auto digest = Digest::parse(texts[i]);
        if (!digest)
            return fail(digest.error().kind, "/rootfs/diff_ids/{}: {}", i, digest.error().message);
        config.diff_ids.push_back(std::move(digest).value());
    }
    return {};
}

}  // namespace

MediaType media_type_of(std::string_view name) noexcept {
    if (const auto known = value_named(media_types, name)) return *known;
    for (const std::string_view foreign : foreign_layers)
        if (name.starts_with(foreign)) return MediaType::ForeignLayer;
    return MediaType::Other;
}

std::string_view accepted_manifests() noexcept {
    return "application/vnd.oci.image.index.v1+json, "
           "application/vnd.oci.image.manifest.v1+json, "
           "application/vnd.docker.distribution.manifest.list.v2+json, "
           "application/vnd.docker.distribution.manifest.v2+json";
}

Result<ManifestOrIndex> read_manifest(std::string_view text, std::string_view media_type) {
    const MediaType type = media_type_of(media_type);
    if (type != MediaType::Index && type != MediaType::Manifest)
        return fail(ErrorKind::Unsupported, "{} is no manifest of an image",
                    json_quoted(display_text(media_type, 100)));
    const spec::Value document = OCI_TRY(spec::parse_json(text));
    const Place place(document);
    OCI_TRY(check_unambiguous(place, media_type));
    OCI_TRY(check_version(place));
    if (type == MediaType::Index) {
        Index index = OCI_TRY(read_index(place, most_index_entries));
        return ManifestOrIndex{std::move(index)};
    }
    Manifest manifest = OCI_TRY(read_image_manifest(place));
    return ManifestOrIndex{std::move(manifest)};
}

Result<Index> read_layout_index(std::string_view text) {
    const spec::Value document = OCI_TRY(spec::parse_json(text));
    const Place place(document);
    OCI_TRY(check_unambiguous(place, "application/vnd.oci.image.index.v1+json"));
    OCI_TRY(check_version(place));
    return read_index(place, ~std::size_t{0});
}

Result<Descriptor> choose(const Index& index, const Platform& wanted) {
    std::string there;
    for (const Descriptor& entry : index.manifests) {
        const MediaType type = media_type_of(entry.media_type);
        if ((type != MediaType::Index && type != MediaType::Manifest) || is_attestation(entry))
            continue;
        // Whoever names no platform has but one.
        if (!entry.platform || fits(*entry.platform, wanted)) return entry;
        there += (there.empty() ? "" : ", ") + display_text(text_of(*entry.platform), 60);
    }
    return with(fail(ErrorKind::NotFound, "there is none for {}, but for {}", text_of(wanted),
                     there.empty() ? "no platform at all" : there),
                {.code = "platform-missing"});
}

Result<ImageConfig> read_config(std::string_view text, std::size_t layers) {
    const spec::Value document = OCI_TRY(spec::parse_json(text));
    const Place place(document);
    ImageConfig config;
    OCI_TRY(spec::required(place, "os", config.platform.os));
    OCI_TRY(spec::required(place, "architecture", config.platform.architecture));
    OCI_TRY(read_platform(place, config.platform));
    OCI_TRY(spec::field(place, "author", config.author));
    OCI_TRY(spec::field(place, "created", config.created));
    OCI_TRY(spec::section(place, "config", config, read_execution));
    if (place.find("rootfs") == nullptr) return spec::missing(place, "rootfs");
    OCI_TRY(spec::section(place, "rootfs", config, read_diff_ids));
    if (config.diff_ids.size() != layers)
        return fail(ErrorKind::InvalidConfig,
                    "/rootfs/diff_ids: has {} elements where the manifest has {} layers",
                    config.diff_ids.size(), layers);
    return config;
}

Result<std::vector<Digest>> chain_ids(const std::vector<Digest>& diff_ids) {
    std::vector<Digest> chain;
    for (const Digest& diff_id : diff_ids) {
        if (chain.empty()) {
            chain.push_back(diff_id);
            continue;
        }
        Digest next = OCI_TRY(digest_of(chain.back().text() + ' ' + diff_id.text()));
        chain.push_back(std::move(next));
    }
    return chain;
}

}  // namespace oci::image
