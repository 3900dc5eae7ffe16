// SPDX-License-Identifier: Apache-2.0
#include "image/sources/parts.hpp"

#include <array>
#include <utility>

#include "base/json_writer.hpp"
#include "image/store/blobs.hpp"

namespace oci::image::sources {
namespace {

constexpr std::size_t portion = std::size_t{1} << 18U;

constexpr std::array marks{
    std::pair<std::string_view, std::string_view>{"\x1f\x8b",
                                                  "application/vnd.oci.image.layer.v1.tar+gzip"},
    std::pair<std::string_view, std::string_view>{"\x28\xb5\x2f\xfd",
                                                  "application/vnd.oci.image.layer.v1.tar+zstd"},
    std::pair<std::string_view, std::string_view>{"\xfd\x37zXZ", ""},
    std::pair<std::string_view, std::string_view>{"BZh", ""},
    std::pair<std::string_view, std::string_view>{"\x04\x22\x4d\x18", ""},
};

void write_descriptor(JsonWriter& json, std::string_view media_type, const Digest& digest,
                      std::uint64_t size) {
    json.begin_object();
    json.member("mediaType", media_type);
    json.member("digest", digest.text());
    json.member("size", size);
    json.end_object();
}

}  // namespace

std::string_view layer_type(std::string_view first_bytes) noexcept {
    for (const auto& [mark, type] : marks)
        if (first_bytes.starts_with(mark)) return type;
    return "application/vnd.oci.image.layer.v1.tar";
}

Result<void> copy_blob(const Target& target, const Descriptor& descriptor, ByteSource& content) {
    OCI_TRY(target.lease.hold_blob(descriptor.digest));
    BlobWriter writer =
        OCI_TRY(BlobWriter::begin(target.store, descriptor.digest, descriptor.size));
    if (writer.state() == BlobWriter::State::There) return {};
    // The source is local: what an import that was killed left is not worth skipping to.
    OCI_TRY(writer.restart());
    std::string buffer(portion, '\0');
    for (;;) {
        const std::size_t count = OCI_TRY(content.read(buffer));
        if (count == 0) break;
        OCI_TRY(writer.append(std::span{buffer}.first(count)));
    }
    return writer.commit();
}

Result<Descriptor> put_manifest(const Target& target, const std::string& config,
                                const std::vector<Descriptor>& layers) {
    const ImageConfig image = OCI_TRY(read_config(config, layers.size()));
    const NewBlob::Written written = OCI_TRY(put_blob(target.store, config, target.lease));
    std::string text;
    JsonWriter json{text};
    json.begin_object();
    json.member("schemaVersion", 2);
    json.member("mediaType", manifest_type);
    json.key("config");
    write_descriptor(json, config_type, written.digest, written.size);
    json.key("layers").begin_array();
    for (const Descriptor& layer : layers)
        write_descriptor(json, layer.media_type, layer.digest, layer.size);
    json.end_array();
    json.end_object();
    NewBlob::Written manifest = OCI_TRY(put_blob(target.store, text, target.lease));
    return Descriptor{.media_type = std::string{manifest_type},
                      .digest = std::move(manifest.digest),
                      .size = manifest.size,
                      .platform = image.platform};
}

}  // namespace oci::image::sources
