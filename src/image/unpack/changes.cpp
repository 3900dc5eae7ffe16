// SPDX-License-Identifier: Apache-2.0
#include "image/unpack/changes.hpp"

#include "image/unpack/entry_path.hpp"

namespace oci::image::unpack {

bool Changes::hides_below(std::string_view directory) const {
    for (;; directory = parent_of(directory)) {
        if (opaque.contains(directory)) return true;
        if (directory.empty()) return false;
    }
}

void Changes::note_made(std::string_view path) {
    while (made.insert(path) && !path.empty()) path = parent_of(path);
}

}  // namespace oci::image::unpack
