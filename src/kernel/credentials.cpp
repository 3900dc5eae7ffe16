// SPDX-License-Identifier: Apache-2.0
#include "kernel/credentials.hpp"

#include <linux/capability.h>
#include <linux/keyctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/repeated.hpp"

namespace oci::kernel {

SysResult<void> set_user(uid_t uid) noexcept {
    OCI_TRY(answer("setresuid", ::syscall(SYS_setresuid, uid, uid, uid)));
    return {};
}

SysResult<void> set_group(gid_t gid) noexcept {
    OCI_TRY(answer("setresgid", ::syscall(SYS_setresgid, gid, gid, gid)));
    return {};
}

SysResult<void> set_supplementary_groups(std::span<const std::uint32_t> groups) noexcept {
    OCI_TRY(answer("setgroups", ::syscall(SYS_setgroups, groups.size(), groups.data())));
    return {};
}

SysResult<std::size_t> supplementary_groups(std::span<std::uint32_t> room) noexcept {
    const long count =
        OCI_TRY(answer("getgroups", ::syscall(SYS_getgroups, room.size(), room.data())));
    return static_cast<std::size_t>(count);
}

SysResult<void> verify_ids(uid_t uid, gid_t gid) noexcept {
    uid_t users[3];
    gid_t groups[3];
    OCI_TRY(answer("getresuid", ::syscall(SYS_getresuid, &users[0], &users[1], &users[2])));
    OCI_TRY(answer("getresgid", ::syscall(SYS_getresgid, &groups[0], &groups[1], &groups[2])));
    for (int i = 0; i < 3; ++i)
        if (users[i] != uid || groups[i] != gid) return refuse(EPERM, "verify ids");
    return {};
}

SysResult<CapabilitySets> get_capabilities() noexcept {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[2] = {};
    OCI_TRY(answer("capget", ::syscall(SYS_capget, &header, data)));
    const auto join = [](std::uint32_t low, std::uint32_t high) {
        return (std::uint64_t{high} << 32U) | low;
    };
    return CapabilitySets{join(data[0].effective, data[1].effective),
                          join(data[0].permitted, data[1].permitted),
                          join(data[0].inheritable, data[1].inheritable)};
}

SysResult<void> set_capabilities(const CapabilitySets& sets) noexcept {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[2] = {};
    for (unsigned i = 0; i < 2; ++i) {
        const unsigned shift = 32 * i;
        data[i].effective = static_cast<std::uint32_t>(sets.effective >> shift);
        data[i].permitted = static_cast<std::uint32_t>(sets.permitted >> shift);
        data[i].inheritable = static_cast<std::uint32_t>(sets.inheritable >> shift);
    }
    OCI_TRY(answer("capset", ::syscall(SYS_capset, &header, data)));
    return {};
}

SysResult<bool> is_in_bounding_set(int capability) noexcept {
    const long held =
        OCI_TRY(answer("prctl(PR_CAPBSET_READ)", ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0)));
    return held == 1;
}

SysResult<void> drop_from_bounding_set(int capability) noexcept {
    OCI_TRY(answer("prctl(PR_CAPBSET_DROP)", ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)));
    return {};
}

SysResult<void> clear_ambient_set() noexcept {
    OCI_TRY(answer("prctl(PR_CAP_AMBIENT)",
                   ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)));
    return {};
}

SysResult<void> raise_ambient(int capability) noexcept {
    OCI_TRY(answer("prctl(PR_CAP_AMBIENT)",
                   ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0)));
    return {};
}

SysResult<bool> is_in_ambient_set(int capability) noexcept {
    const long held = OCI_TRY(answer(
        "prctl(PR_CAP_AMBIENT)", ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, capability, 0, 0)));
    return held == 1;
}

SysResult<void> keep_capabilities_over_setuid(bool on) noexcept {
    OCI_TRY(answer("prctl(PR_SET_KEEPCAPS)", ::prctl(PR_SET_KEEPCAPS, on ? 1 : 0, 0, 0, 0)));
    return {};
}

SysResult<bool> forbids_new_privileges() noexcept {
    const long set =
        OCI_TRY(answer("prctl(PR_GET_NO_NEW_PRIVS)", ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)));
    return set == 1;
}

SysResult<void> join_new_session_keyring() noexcept {
    OCI_TRY(repeated("keyctl", [] {
        return ::syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr, 0, 0, 0);
    }));
    return {};
}

}  // namespace oci::kernel
