// SPDX-License-Identifier: Apache-2.0
//
// copy tree: what an image has at the place of a volume, into the new volume.
#pragma once

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::image::program {

/// Files, directories, links and the attributes of all of them, with the owner and mode of `from`
/// itself. Device nodes are left out. Nothing is followed.
[[nodiscard]] Result<void> copy_tree(FdView from, FdView to);

}  // namespace oci::image::program
