// SPDX-License-Identifier: Apache-2.0
//
// unpack: a layer (image-spec, layer.md) becomes a directory. The layer is hostile: nothing outside
// of the directory is touched, whatever it says, and no more is written than the limits allow.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "image/byte_source.hpp"
#include "image/digest.hpp"
#include "image/documents.hpp"

namespace oci::image {

enum class Compression : std::uint8_t {
    None,
    Gzip,
    Zstd,
    Detect,  ///< By the first bytes: for archives that do not say.
};

/// Of a layer's media type; Unsupported for what is no layer, and for layers of foreign places.
[[nodiscard]] Result<Compression> compression_of(MediaType type);

enum class LayerForm : std::uint8_t {
    Overlay,  ///< For overlayfs: what is removed is a character device 0:0, or an opaque directory.
    Flat,     ///< Onto the tree that is in the directory: what is removed is gone.
};

enum class DeviceNodes : std::uint8_t { Skip, Make };

enum class Owners : std::uint8_t {
    Keep,
    Squash,           ///< All belongs to 0:0, where only one id is mapped.
    SquashAndRecord,  ///< And who it should be is in user.rootlesscontainers.
};

struct LayerLimits {
    std::uint64_t bytes = std::uint64_t{20} << 30U;  ///< Of the tar stream, holes counted in.
    std::uint64_t entries = 2'000'000;
    std::uint64_t ratio = 200;                            ///< Unpacked to packed bytes …
    std::uint64_t ratio_from = std::uint64_t{16} << 20U;  ///< … once so many are unpacked.
};

/// What the descriptor says of the blob.
struct BlobIdentity {
    Digest digest{DigestAlgorithm::Sha256, {}};
    std::uint64_t size = 0;  ///< bytes
};

struct LayerRequest {
    /// The caller made it for this layer (Overlay: empty, not yet seen by anybody) or for this
    /// tree. Any descriptor of it will do.
    FdView directory{-1};
    LayerForm form = LayerForm::Overlay;
    /// Overlay only: the unpacked layers below, the top first. Owners of directories that the
    /// layer only walks through come from there, as does what it has hard links to.
    std::vector<FdView> lower_layers{};
    Compression compression = Compression::Detect;
    /// Opaque directories are marked by user.* instead of trusted.*; attributes that this kernel
    /// does not let us set are left out with a warning.
    bool in_user_namespace = false;
    DeviceNodes device_nodes = DeviceNodes::Skip;
    Owners owners = Owners::Keep;
    LayerLimits limits{};
    std::optional<BlobIdentity> blob{};  ///< Compared, if given, as is diff_id.
    std::optional<Digest> diff_id{};
};

struct LayerReport {
    Digest diff_id{DigestAlgorithm::Sha256, {}};  ///< Of the tar stream up to its last byte.
    std::uint64_t entries = 0;
    std::uint64_t bytes = 0;              ///< Of the tar stream.
    std::vector<std::string> warnings{};  ///< What was left out: one line for each kind.
};

/// Applies a layer to a directory. With an error (InvalidConfig: the layer's fault; System: the
/// host's) the directory is in no useful state and the caller throws it away. The blob is read to
/// its end before its digest is judged, and nothing is synced to disk.
[[nodiscard]] Result<LayerReport> apply_layer(ByteSource& blob, const LayerRequest& request);

}  // namespace oci::image
