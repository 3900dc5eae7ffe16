// SPDX-License-Identifier: Apache-2.0
#include "features/rootfs/host_mounts.hpp"

#include <algorithm>
#include <utility>

#include "base/mountinfo.hpp"
#include "base/path.hpp"
#include "kernel/files.hpp"
#include "kernel/text_file.hpp"

namespace oci::rootfs {
std::vector<std::string> kernel_filesystems_in(std::string_view mountinfo,
                                               std::string_view except) {
    std::vector<std::string> found;
    for (MountLine& mount : parse_mountinfo(mountinfo)) {
        const bool is_kernels = mount.type == "proc" || mount.type == "sysfs";
        if (is_kernels && !is_below(mount.mount_point, except))
            found.push_back(std::move(mount.mount_point));
    }
    std::ranges::reverse(found);
    return found;
}

kernel::SysResult<std::vector<std::string>> find_kernel_filesystems(std::string_view except) {
    constexpr std::size_t largest = 64U << 20U;
    const std::string text =
        OCI_TRY(kernel::read_text(kernel::here, "/proc/self/mountinfo", largest));
    return kernel_filesystems_in(text, except);
}

}  // namespace oci::rootfs
