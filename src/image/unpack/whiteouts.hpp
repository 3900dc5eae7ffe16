// SPDX-License-Identifier: Apache-2.0
//
// whiteouts: what a layer takes away from the layers below (image-spec, layer.md "Whiteouts"),
// never from itself, in whatever order it says so.
#pragma once

#include "image/unpack/directories.hpp"

namespace oci::image::unpack {

class Whiteouts {
public:
    Whiteouts(LayerForm form, Directories& directories, const LowerLayers& lower, Changes& changes)
        : form_{form}, directories_{directories}, lower_{lower}, changes_{changes} {}

    /// ".wh.NAME" in a directory. Without a file of that name below it means nothing.
    [[nodiscard]] Result<void> remove(std::string_view directory, std::string_view name);

    /// ".wh..wh..opq" in a directory.
    [[nodiscard]] Result<void> remove_content(std::string_view directory);

private:
    [[nodiscard]] Result<void> hide(Directory& directory, const std::string& name);
    [[nodiscard]] Result<void> hide_content(Directory& directory);
    [[nodiscard]] Result<void> hide_root();
    [[nodiscard]] Result<void> remove_whiteouts(FdView directory, const std::string& path);
    [[nodiscard]] Result<void> remove_old(Directory& directory, const std::string& name);
    [[nodiscard]] Result<void> remove_old_content(FdView directory, const std::string& path);

    LayerForm form_;
    Directories& directories_;
    const LowerLayers& lower_;
    Changes& changes_;
};

}  // namespace oci::image::unpack
