// SPDX-License-Identifier: Apache-2.0
//
// mount_build: what is to be mounted, as a detached mount with all its attributes.
#pragma once

#include <sys/types.h>

#include <optional>

#include "features/rootfs/mounts.hpp"
#include "kernel/sys_result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::mounts {

/// A detached copy of what the source of a bind shows.
kernel::SysResult<UniqueFd> clone_source(const Entry& entry) noexcept;

/// A new file system, not attached yet.
kernel::SysResult<UniqueFd> make_filesystem(const Entry& entry,
                                            std::optional<mode_t> mode) noexcept;

/// Gives a detached mount the id map of its entry, if it has one.
kernel::SysResult<void> map_owners(const Entry& entry, FdView mount) noexcept;

/// The source of a bind with its owners and attributes.
kernel::SysResult<UniqueFd> open_bind(const Entry& entry) noexcept;

/// A new file system, or its substitute; its owners are mapped only if it is
/// entry.opened already. inherited_mode: for the root of a tmpfs.
kernel::SysResult<UniqueFd> build_filesystem(const Entry& entry,
                                             std::optional<mode_t> inherited_mode) noexcept;

/// The options of a file system that is mounted already.
kernel::SysResult<void> change_filesystem(const Entry& entry, FdView mounted) noexcept;

/// Attributes of an entry for what is mounted already.
kernel::SysResult<void> set_attributes_of(const Entry& entry, FdView mount) noexcept;

/// In the order written.
kernel::SysResult<void> set_propagation_of(const Entry& entry, FdView mount) noexcept;

}  // namespace oci::mounts
