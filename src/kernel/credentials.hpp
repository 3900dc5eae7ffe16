// SPDX-License-Identifier: Apache-2.0
//
// User, groups, capabilities. Raw system calls: the libc wrappers ask every
// thread to follow, and wait for threads that clone() left behind.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernel/sys_result.hpp"

namespace oci::kernel {

SysResult<void> set_user(uid_t uid) noexcept;
SysResult<void> set_group(gid_t gid) noexcept;
SysResult<void> set_supplementary_groups(std::span<const std::uint32_t> groups) noexcept;

/// How many groups there are; EINVAL if they do not fit into the room, which may
/// be empty to ask for the number only.
SysResult<std::size_t> supplementary_groups(std::span<std::uint32_t> room) noexcept;

/// EPERM unless real, effective and saved ids are exactly these.
SysResult<void> verify_ids(uid_t uid, gid_t gid) noexcept;

/// Bit n of each set is capability n.
struct CapabilitySets {
    std::uint64_t effective = 0;
    std::uint64_t permitted = 0;
    std::uint64_t inheritable = 0;
};
SysResult<CapabilitySets> get_capabilities() noexcept;
SysResult<void> set_capabilities(const CapabilitySets& sets) noexcept;

SysResult<bool> is_in_bounding_set(int capability) noexcept;
SysResult<void> drop_from_bounding_set(int capability) noexcept;
SysResult<void> clear_ambient_set() noexcept;
SysResult<void> raise_ambient(int capability) noexcept;
SysResult<bool> is_in_ambient_set(int capability) noexcept;
SysResult<void> keep_capabilities_over_setuid(bool on) noexcept;

/// no_new_privs: set-user-ID programs do not work for us any more.
SysResult<bool> forbids_new_privileges() noexcept;

/// KEYCTL_JOIN_SESSION_KEYRING with an anonymous ring.
SysResult<void> join_new_session_keyring() noexcept;

}  // namespace oci::kernel
