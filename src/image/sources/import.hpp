// SPDX-License-Identifier: Apache-2.0
//
// import: an image from a file or directory of this machine into the store. What it is, its content
// says: an OCI layout, a Docker archive, or the tar of a root file system.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "image/documents.hpp"
#include "image/platform.hpp"
#include "image/reference.hpp"
#include "image/store/lease.hpp"
#include "image/store/store.hpp"

namespace oci::image {

struct ImportRequest {
    std::string path{};
    std::optional<Reference> name{};  ///< Else as the archive names its images.
    Platform platform{};              ///< Of several; and of a root file system.
};

struct Imported {
    Reference name{};
    Descriptor descriptor{};  ///< Of the manifest.
};

/// Every image that has a name, or with a request for a name the only one. The store has each as a
/// whole, or not at all.
[[nodiscard]] Result<std::vector<Imported>> import_image(const Store& store,
                                                         const ImportRequest& request);

}  // namespace oci::image
