// SPDX-License-Identifier: Apache-2.0
//
// container volumes: directories that outlive the root of a container, or are not part of it.
#pragma once

#include <string>
#include <vector>

#include "image/run/config.hpp"
#include "image/run/options.hpp"
#include "image/store/store.hpp"

namespace oci::image::program {

struct VolumeRequest {
    std::string now{};    ///< The container's directory, below the store.
    std::string place{};  ///< Where the container's directory will be: an absolute path.
    const run::Options& options;
};

/// directory: the container's, as it is now; tree: its root; of_image: paths that the image wants a
/// volume at. What is new begins with what the tree has there.
[[nodiscard]] Result<std::vector<run::ExtraMount>> make_volumes(
    const Store& store, FdView directory, FdView tree, const std::vector<std::string>& of_image,
    const VolumeRequest& request);

}  // namespace oci::image::program
