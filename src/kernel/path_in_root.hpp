// SPDX-License-Identifier: Apache-2.0
//
// Paths of the container, resolved by the kernel below a root descriptor:
// neither ".." nor a symlink leads out. The answer to CVE-2021-30465 and its
// relatives: a path is resolved once, and from then on is a descriptor.
#pragma once

#include <fcntl.h>
#include <sys/types.h>

#include "kernel/sys_result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::kernel {

enum class Links : unsigned char { Follow, Refuse };

/// Opens below root as if root were "/". Links::Refuse: ELOOP for any symlink.
SysResult<UniqueFd> open_in_root(FdView root, const char* path, int flags,
                                 Links links = Links::Follow, mode_t mode = 0) noexcept;

/// Opens as open(2) does, but refuses (ELOOP) the links of /proc that lead past
/// every path: /proc/PID/exe, cwd, root, fd/N.
SysResult<UniqueFd> open_without_magic(const char* path, int flags) noexcept;

/// Opens below a directory; no "..", no symlink, no other mount: for trees of ours.
SysResult<UniqueFd> open_beneath(FdView directory, const char* path, int flags,
                                 mode_t mode = 0) noexcept;

enum class Kind : unsigned char { Directory, File };

/// Opens (O_PATH) what is at the path, made before if missing: directories 0755
/// on the way, and at the end a directory 0755 or an empty file 0644. Existing
/// and dangling symlinks are followed inside root.
SysResult<UniqueFd> make_in_root(FdView root, const char* path, Kind kind,
                                 Links links = Links::Follow) noexcept;

/// The directory that holds the last component, made if missing, and that
/// component (a view into path; empty if path is the root itself).
struct Place {
    UniqueFd directory;
    const char* name = "";
};
SysResult<Place> place_in_root(FdView root, const char* path, Links links = Links::Follow) noexcept;

}  // namespace oci::kernel
