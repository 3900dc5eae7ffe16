// SPDX-License-Identifier: Apache-2.0
#include "image/store/images.hpp"

#include "base/details.hpp"
#include "base/explain.hpp"
#include "image/store/blobs.hpp"

namespace oci::image {
namespace {

constexpr int deepest_index = 3;

Result<Image> load_manifest(const Store& store, const Descriptor& descriptor, std::string text,
                            Manifest manifest) {
    Image image;
    image.descriptor = descriptor;
    image.manifest_text = std::move(text);
    image.manifest = std::move(manifest);
    image.config_text = OCI_TRY(read_blob(store, image.manifest.config));
    image.config = OCI_TRY(explain(read_config(image.config_text, image.manifest.layers.size()),
                                   "configuration {}", image.manifest.config.digest.text()));
    image.chain = OCI_TRY(chain_ids(image.config.diff_ids));
    return image;
}

Result<ManifestOrIndex> read_document(const Store& store, const Descriptor& descriptor,
                                      std::string& text) {
    text = OCI_TRY(read_blob(store, descriptor));
    return with_if(ErrorKind::InvalidConfig,
                   explain(read_manifest(text, descriptor.media_type), "manifest {}",
                           descriptor.digest.text()),
                   {.code = "image-invalid"});
}

Result<void> add_manifest(const Store& store, const Descriptor& descriptor, std::string text,
                          Manifest manifest, std::vector<Digest>& blobs,
                          std::vector<Digest>& layers) {
    const Image image =
        OCI_TRY(load_manifest(store, descriptor, std::move(text), std::move(manifest)));
    blobs.push_back(image.manifest.config.digest);
    for (const Descriptor& layer : image.manifest.layers) blobs.push_back(layer.digest);
    layers.insert(layers.end(), image.chain.begin(), image.chain.end());
    return {};
}

Result<void> add_below(const Store& store, const Descriptor& descriptor, int depth,
                       std::vector<Digest>& blobs, std::vector<Digest>& layers) {
    blobs.push_back(descriptor.digest);
    const MediaType type = media_type_of(descriptor.media_type);
    // A signature or the like, which somebody else put there: a blob of its own.
    if (type != MediaType::Index && type != MediaType::Manifest) return {};
    std::string text;
    ManifestOrIndex document = OCI_TRY(read_document(store, descriptor, text));
    if (auto* manifest = std::get_if<Manifest>(&document))
        return add_manifest(store, descriptor, std::move(text), std::move(*manifest), blobs,
                            layers);
    if (depth == deepest_index)
        return fail(ErrorKind::Unsupported, "index {}: indexes are nested too deeply",
                    descriptor.digest.text());
    for (const Descriptor& entry : std::get_if<Index>(&document)->manifests) {
        // Other platforms need not be there.
        const bool is_there = OCI_TRY(has_blob(store, entry.digest, entry.size));
        if (is_there) OCI_TRY(add_below(store, entry, depth + 1, blobs, layers));
    }
    return {};
}

}  // namespace

Result<Image> load_image(const Store& store, const Descriptor& descriptor, const Platform& wanted) {
    Descriptor current = descriptor;
    for (int depth = 0; depth <= deepest_index; ++depth) {
        std::string text;
        ManifestOrIndex document = OCI_TRY(read_document(store, current, text));
        if (auto* manifest = std::get_if<Manifest>(&document))
            return load_manifest(store, current, std::move(text), std::move(*manifest));
        current = OCI_TRY(explain(choose(*std::get_if<Index>(&document), wanted), "index {}",
                                  current.digest.text()));
    }
    return fail(ErrorKind::Unsupported, "index {}: indexes are nested too deeply",
                descriptor.digest.text());
}

Result<void> add_reachable(const Store& store, const Descriptor& descriptor,
                           std::vector<Digest>& blobs, std::vector<Digest>& layers) {
    return add_below(store, descriptor, 0, blobs, layers);
}

}  // namespace oci::image
