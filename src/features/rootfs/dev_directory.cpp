// SPDX-License-Identifier: Apache-2.0
#include "features/rootfs/dev_directory.hpp"

#include <algorithm>
#include <string_view>

#include "base/path.hpp"

namespace oci::rootfs {

bool is_bind(const Mount& mount) {
    return mount.type == "bind" || mount.type == "rbind" ||
           std::ranges::any_of(mount.options, [](std::string_view option) {
               return option == "bind" || option == "rbind";
           });
}

DevDirectory dev_directory(const Spec& spec) {
    DevDirectory kind = DevDirectory::OfRootfs;
    for (const Mount& mount : spec.mounts) {
        const std::string destination = clean_path(mount.destination);
        const bool changes_a_mount = mount.type.empty() && !is_bind(mount);
        if (changes_a_mount) continue;
        if (destination == "/") kind = DevDirectory::OfRootfs;
        if (destination == "/dev")
            kind = is_bind(mount) ? DevDirectory::OfHost : DevDirectory::Mounted;
    }
    return kind;
}

}  // namespace oci::rootfs
