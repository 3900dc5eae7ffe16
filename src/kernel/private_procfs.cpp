// SPDX-License-Identifier: Apache-2.0
#include "kernel/private_procfs.hpp"

#include <linux/magic.h>
#include <sys/mount.h>

#include "kernel/files.hpp"
#include "kernel/mount.hpp"

namespace oci::kernel {
namespace {

SysResult<UniqueFd> mount_procfs(ProcfsPart part) noexcept {
    const UniqueFd filesystem = OCI_TRY(open_filesystem("proc"));
    if (part == ProcfsPart::Processes) {
        OCI_TRY(set_string(filesystem, "subset", "pid"));
    }
    OCI_TRY(create_filesystem(filesystem));
    return mount_filesystem(filesystem, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
}

bool is_procfs_root(FdView directory) noexcept {
    constexpr ino_t root_inode = 1;  // PROC_ROOT_INO
    const auto filesystem = filesystem_of(directory);
    const auto status = status_of(directory);
    return filesystem && filesystem.value().type == PROC_SUPER_MAGIC && status &&
           status.value().st_ino == root_inode;
}

}  // namespace

SysResult<UniqueFd> open_private_procfs(ProcfsPart part) noexcept {
    auto fresh = mount_procfs(part);
    if (fresh || fresh.error().code != EPERM) return fresh;
    auto existing = open_at(here, "/proc", O_PATH | O_DIRECTORY | O_NOFOLLOW);
    if (existing && is_procfs_root(existing.value())) return existing;
    return refuse(EPERM,
                  "mounting a procfs (in a user namespace it needs a pid namespace of its own and "
                  "a /proc that nothing is mounted over)");
}

}  // namespace oci::kernel
