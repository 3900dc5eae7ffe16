// SPDX-License-Identifier: Apache-2.0
//
// images: from a name's descriptor to what there is to unpack and to run.
#pragma once

#include <string>
#include <vector>

#include "image/documents.hpp"
#include "image/store/store.hpp"

namespace oci::image {

struct Image {
    Descriptor descriptor{};  ///< Of the manifest.
    Manifest manifest{};
    ImageConfig config{};
    std::string manifest_text{};
    std::string config_text{};
    std::vector<Digest> chain{};  ///< Chain ids, the lowest layer first.
};

/// Through indexes, for the platform; verified. NotFound if a part is not in the store.
[[nodiscard]] Result<Image> load_image(const Store& store, const Descriptor& descriptor,
                                       const Platform& wanted);

/// Digests of all blobs an image is made of, itself included, of every platform that is there.
[[nodiscard]] Result<void> add_reachable(const Store& store, const Descriptor& descriptor,
                                         std::vector<Digest>& blobs, std::vector<Digest>& layers);

}  // namespace oci::image
