// SPDX-License-Identifier: Apache-2.0
//
// downloads: several blobs at a time, each gone on with where it broke off.
#pragma once

#include <span>
#include <vector>

#include "image/registry/client.hpp"

namespace oci::image::registry {

/// As Client::blobs() says. endpoints: in the order in which they are tried, for each blob.
[[nodiscard]] Result<void> download(Session& session, const std::vector<Endpoint>& endpoints,
                                    std::span<const BlobRequest> requests, std::size_t parallel,
                                    const Progress& progress);

}  // namespace oci::image::registry
