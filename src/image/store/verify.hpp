// SPDX-License-Identifier: Apache-2.0
//
// verify: hashes what is in the store, and looks whether what has a name is complete.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "image/store/store.hpp"

namespace oci::image {

struct Damage {
    std::string what{};  ///< "blob sha256:…", or the name of an image.
    std::string why{};
    std::optional<Digest> blob{};
};

struct Verified {
    std::uint64_t images = 0;
    std::uint64_t blobs = 0;
    std::vector<Damage> damages{};
};

/// All there is, or (`word` not empty) one image and its blobs. Nothing is changed.
[[nodiscard]] Result<Verified> verify(const Store& store, std::string_view word);

/// So that the next pull or import brings it again.
[[nodiscard]] Result<void> remove_damaged(const Store& store, const std::vector<Damage>& damages);

}  // namespace oci::image
