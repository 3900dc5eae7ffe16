// SPDX-License-Identifier: Apache-2.0
//
// lease: what prune() may not take, although no reference leads to it: the content that a running
// command has brought or uses.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "image/digest.hpp"
#include "image/store/store.hpp"

namespace oci::image {

/// Of this process: ends with it, however it ends.
class Lease {
public:
    [[nodiscard]] static Result<Lease> begin(const Store& store);

    /// Before anybody asks whether the blob is there: from then on it stays if it is.
    [[nodiscard]] Result<void> hold_blob(const Digest& digest);
    [[nodiscard]] Result<void> hold_layer(const Digest& chain_id);

    Lease(Lease&&) = default;
    Lease& operator=(Lease&&) = delete;
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease();

private:
    Lease(const Store& store, std::string path, UniqueFd file)
        : store_{&store}, path_{std::move(path)}, file_{std::move(file)} {}
    Result<void> hold(const std::string& line);

    const Store* store_;
    std::string path_;
    UniqueFd file_;
};

/// What is held by leases.
struct Held {
    std::vector<Digest> blobs{};
    std::vector<Digest> layers{};  ///< Chain ids.
};

/// A line for each, and back.
[[nodiscard]] std::string text_of(const Held& held);
[[nodiscard]] Held held_in(std::string_view text);

/// Of all processes that still run; leases of others are removed.
[[nodiscard]] Result<Held> all_held(const Store& store, const StoreLock& lock);

}  // namespace oci::image
