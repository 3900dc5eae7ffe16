// SPDX-License-Identifier: Apache-2.0
//
// changes: what the layer has said so far about paths of its tree (real ones, free of symlinks).
#pragma once

#include <string_view>

#include "image/unpack/path_set.hpp"

namespace oci::image::unpack {

struct Changes {
    PathSet made{};     ///< Flat: by this layer, so that its own whiteouts do not take it away.
    PathSet removed{};  ///< Overlay: seen in a layer below, and taken away by this one.
    PathSet opaque{};   ///< Directories through which nothing of the layers below is seen.

    /// Whether the layers below cannot be seen in this directory.
    [[nodiscard]] bool hides_below(std::string_view directory) const;

    /// The path and the directories on the way to it.
    void note_made(std::string_view path);
};

}  // namespace oci::image::unpack
