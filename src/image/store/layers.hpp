// SPDX-License-Identifier: Apache-2.0
//
// layers: unpacked layers, one directory for each chain id: what a layer looks like depends on
// those below it. A layer is there as a whole, or not at all.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "image/digest.hpp"
#include "image/store/locked.hpp"
#include "image/store/store.hpp"

namespace oci::image {

/// What meta.json says.
struct LayerFacts {
    Digest diff_id;
    std::optional<Digest> parent{};  ///< The chain id below.
    std::uint64_t entries = 0;
    std::uint64_t size = 0;  ///< bytes, unpacked
};

[[nodiscard]] Result<bool> has_layer(const Store& store, const Digest& chain_id);

/// The tree of a layer, for reading. NotFound.
[[nodiscard]] Result<UniqueFd> open_layer(const Store& store, const Digest& chain_id);

/// "l/1a2b3c4d", a link to the tree: 490 of them fit into the options of an overlay mount.
[[nodiscard]] Result<std::string> short_path(const Store& store, const Digest& chain_id);

/// Makes one layer, which a lease holds before. Two processes that want the same one share the
/// work: the second waits.
class LayerWriter {
public:
    [[nodiscard]] static Result<LayerWriter> begin(const Store& store, const Digest& chain_id);

    /// Then there is nothing to be done.
    [[nodiscard]] bool is_there() const noexcept { return !directory_; }
    /// An empty directory (0755) to unpack into.
    [[nodiscard]] FdView tree() const noexcept { return tree_; }

    [[nodiscard]] Result<void> commit(const LayerFacts& facts);

    LayerWriter(LayerWriter&&) = default;
    LayerWriter& operator=(LayerWriter&&) = delete;
    LayerWriter(const LayerWriter&) = delete;
    LayerWriter& operator=(const LayerWriter&) = delete;
    /// What was not committed is removed.
    ~LayerWriter();

private:
    LayerWriter(const Store& store, Digest chain_id)
        : store_{&store}, chain_id_{std::move(chain_id)} {}

    const Store* store_;
    Digest chain_id_;
    UniqueFd directory_{};
    UniqueFd tree_{};
};

}  // namespace oci::image
