// SPDX-License-Identifier: Apache-2.0
//
// What /dev of a container is: decides who may make things in it.
#pragma once

#include "oci-rt/spec.hpp"

namespace oci::rootfs {

enum class DevDirectory : unsigned char {
    OfRootfs,  ///< A directory of the image.
    Mounted,   ///< A file system made for this container.
    OfHost,    ///< A bind of something that others use as well.
};

/// The last mount at /dev decides; one at / takes back what was before.
[[nodiscard]] DevDirectory dev_directory(const Spec& spec);

/// type "bind" alone counts as a bind, though the spec asks for the option.
[[nodiscard]] bool is_bind(const Mount& mount);

}  // namespace oci::rootfs
