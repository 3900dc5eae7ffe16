// SPDX-License-Identifier: Apache-2.0
#include "kernel/overlay.hpp"

#include <sys/mount.h>

#include "kernel/mount.hpp"
#include "kernel/repeated.hpp"

namespace oci::kernel {

SysResult<UniqueFd> make_overlay(const Overlay& overlay) noexcept {
    const UniqueFd filesystem = OCI_TRY(open_filesystem("overlay"));
    for (const char* each : overlay.lower) OCI_TRY(set_string(filesystem, "lowerdir+", each));
    OCI_TRY(set_string(filesystem, "upperdir", overlay.upper));
    OCI_TRY(set_string(filesystem, "workdir", overlay.work));
    if (overlay.user_attributes) OCI_TRY(set_flag(filesystem, "userxattr"));
    if (overlay.is_volatile) OCI_TRY(set_flag(filesystem, "volatile"));
    OCI_TRY(create_filesystem(filesystem));
    return mount_filesystem(filesystem, 0);
}

SysResult<void> mount_overlay(const char* options, const char* target,
                              unsigned long flags) noexcept {
    OCI_TRY(
        repeated("mount", [&] { return ::mount("overlay", target, "overlay", flags, options); }));
    return {};
}

}  // namespace oci::kernel
