// SPDX-License-Identifier: Apache-2.0
//
// Gives any text to the readers of an image's documents: manifest, index, configuration.
//
// The first byte chooses the reader.
#include <cstdlib>

#include "image/documents.hpp"
#include "spec/document.hpp"
#include "spec/json.hpp"

namespace {

using namespace oci::image;

void require(bool truth) {
    if (!truth) std::abort();
}

void check(const Descriptor& descriptor) {
    require(static_cast<bool>(Digest::parse(descriptor.digest.text())));
    if (descriptor.platform) (void)text_of(*descriptor.platform);
}

void check(const Index& index) {
    for (const Descriptor& entry : index.manifests) check(entry);
    const auto chosen = choose(index, {.architecture = "amd64"});
    if (chosen && chosen.value().platform)
        require(fits(*chosen.value().platform, {.architecture = "amd64"}));
}

void check(const Manifest& manifest) {
    check(manifest.config);
    require(manifest.layers.size() <= most_layers);
    for (const Descriptor& layer : manifest.layers) {
        check(layer);
        require(layer.size <= largest_layer);
    }
}

void read(std::string_view text, const char* media_type) {
    const auto document = read_manifest(text, media_type);
    if (!document) return require(!document.error().message.empty());
    std::visit([](const auto& each) { check(each); }, document.value());
}

void read_configuration(std::string_view text) {
    for (const std::size_t layers : {0U, 1U, 2U}) {
        const auto config = read_config(text, layers);
        if (!config) continue;
        require(config.value().diff_ids.size() == layers);
        const auto chain = chain_ids(config.value().diff_ids);
        require(chain && chain.value().size() == layers);
    }
}

/// What is written has the same meaning.
void write_again(std::string_view text) {
    const auto document = oci::spec::parse_json(text);
    if (!document) return;
    const std::string once = oci::spec::document_text(document.value());
    const auto again = oci::spec::parse_json(once);
    require(again && oci::spec::document_text(again.value()) == once);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view text{reinterpret_cast<const char*>(data) + 1, size - 1};
    switch (data[0] % 6) {
        case 0: read(text, "application/vnd.oci.image.index.v1+json"); break;
        case 1: read(text, "application/vnd.oci.image.manifest.v1+json"); break;
        case 2: read(text, "application/vnd.docker.distribution.manifest.v2+json"); break;
        case 3:
            if (const auto index = read_layout_index(text)) check(index.value());
            break;
        case 4: read_configuration(text); break;
        default: write_again(text);
    }
    return 0;
}
