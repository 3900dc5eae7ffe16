// SPDX-License-Identifier: Apache-2.0
//
// unpack image: all layers of an image, into one tree for a bundle, or one by one into the store.
#pragma once

#include <string>
#include <vector>

#include "image/platform.hpp"
#include "image/program/user_namespace.hpp"
#include "image/store/images.hpp"
#include "image/store/lease.hpp"
#include "image/store/references.hpp"
#include "image/store/store.hpp"
#include "image/unpack/unpack.hpp"

namespace oci::image::program {

struct UnpackRequest {
    Platform platform{};
    DeviceNodes devices = DeviceNodes::Skip;
    IdMaps maps{};  ///< Of the user namespace that this process is in; empty: none of its own.
};

/// A standard bundle: rootfs and config.json, which is written last. The directory is made, or is
/// empty. Yields warnings.
[[nodiscard]] Result<std::vector<std::string>> unpack_bundle(const Store& store,
                                                             const NamedImage& named,
                                                             const std::string& directory,
                                                             const UnpackRequest& request);

struct PreparedLayers {
    Lease lease;  ///< Holds the layers.
    Image image{};
    std::vector<std::string> paths{};  ///< Below the store, short, the top layer first.
    std::vector<std::string> warnings{};
};

/// Unpacks what is not there yet, in the form that overlayfs wants.
[[nodiscard]] Result<PreparedLayers> prepare_layers(const Store& store, const NamedImage& named,
                                                    const UnpackRequest& request);

struct FlatTree {
    Image image{};
    std::vector<std::string> warnings{};
};

/// All layers into one tree, an empty directory.
[[nodiscard]] Result<FlatTree> unpack_flat(const Store& store, const NamedImage& named,
                                           FdView directory, const UnpackRequest& request);

}  // namespace oci::image::program
