// SPDX-License-Identifier: Apache-2.0
//
// documents: the JSON of an image (image-spec 1.1, and Docker's schema 2): index, manifest,
// configuration. Read strictly: what could be taken for two things is refused (CVE-2021-41190).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "image/digest.hpp"
#include "image/platform.hpp"

namespace oci::image {

/// In the order of the text.
using Pairs = std::vector<std::pair<std::string, std::string>>;

enum class MediaType : std::uint8_t {
    Index,     ///< OCI's image index and Docker's manifest list.
    Manifest,  ///< OCI's, and Docker's schema 2.
    Config,
    LayerTar,
    LayerGzip,
    LayerZstd,
    ForeignLayer,  ///< Not to be had from the registry; refused where it would be needed.
    Other,         ///< Of artifacts: signatures, attestations.
};

[[nodiscard]] MediaType media_type_of(std::string_view name) noexcept;

/// What a registry must be told that we take, for index and manifest.
[[nodiscard]] std::string_view accepted_manifests() noexcept;

/// image-spec, descriptor.md
struct Descriptor {
    std::string media_type{};
    Digest digest{DigestAlgorithm::Sha256, {}};
    std::uint64_t size = 0;  ///< bytes
    std::optional<Platform> platform{};
    Pairs annotations{};
};

inline constexpr std::size_t most_index_entries = 256;
inline constexpr std::size_t most_layers = 128;
inline constexpr std::uint64_t largest_layer = std::uint64_t{1} << 40U;  ///< bytes, compressed

struct Index {
    std::vector<Descriptor> manifests{};
};

struct Manifest {
    Descriptor config{};
    std::vector<Descriptor> layers{};  ///< The lowest first.
    Pairs annotations{};
};

using ManifestOrIndex = std::variant<Manifest, Index>;

/// `media_type`: what the registry's Content-Type, or the descriptor, says; a "mediaType" in the
/// text must say the same. Errors have a JSON pointer. Schema 1 is Unsupported.
[[nodiscard]] Result<ManifestOrIndex> read_manifest(std::string_view text,
                                                    std::string_view media_type);

/// The index.json of a layout on disk: it may have any number of entries, and no "mediaType".
[[nodiscard]] Result<Index> read_layout_index(std::string_view text);

/// The first manifest for the platform, attestations passed over; nested indexes come back as
/// descriptors of their own (MediaType::Index). NotFound names the platforms that there are.
[[nodiscard]] Result<Descriptor> choose(const Index& index, const Platform& wanted);

/// image-spec, config.md: what a container is made from.
struct ImageConfig {
    Platform platform{};
    std::string author{};
    std::string created{};  ///< RFC 3339
    std::string user{};
    std::string working_directory{};
    std::string stop_signal{};
    std::vector<std::string> environment{};
    std::vector<std::string> entrypoint{};
    std::vector<std::string> command{};
    std::vector<std::string> exposed_ports{};  ///< "80/tcp"
    std::vector<std::string> volumes{};        ///< Paths.
    Pairs labels{};
    std::vector<Digest> diff_ids{};  ///< Of the layers' tar streams, the lowest first.
};

/// As many diff_ids as the manifest has layers, or InvalidConfig.
[[nodiscard]] Result<ImageConfig> read_config(std::string_view text, std::size_t layers);

/// image-spec, config.md "Layer ChainID": of the layers up to and with each.
[[nodiscard]] Result<std::vector<Digest>> chain_ids(const std::vector<Digest>& diff_ids);

}  // namespace oci::image
