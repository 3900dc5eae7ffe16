// SPDX-License-Identifier: Apache-2.0
#include "kernel/namespace.hpp"

#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstring>

#include <net/if.h>

#include "kernel/files.hpp"

namespace oci::kernel {

SysResult<void> join_namespace(FdView target, int flags) noexcept {
    OCI_TRY(answer("setns", ::setns(target.get(), flags)));
    return {};
}

SysResult<void> unshare(int flags) noexcept {
    OCI_TRY(answer("unshare", ::unshare(flags)));
    return {};
}

SysResult<int> namespace_type(FdView target) noexcept {
    const long type = OCI_TRY(answer("ioctl(NS_GET_NSTYPE)", ::ioctl(target.get(), NS_GET_NSTYPE)));
    return static_cast<int>(type);
}

bool is_in_initial_user_namespace() noexcept {
    // The inode number of the initial user namespace is part of the kernel's interface
    // (PROC_USER_INIT_INO).
    constexpr ino_t initial = 0xEFFFFFFDU;
    const auto status = status_behind(here, "/proc/self/ns/user");
    return !status || status.value().st_ino == initial;
}

SysResult<void> bring_up_loopback() noexcept {
    const long opened = OCI_TRY(answer("socket", ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)));
    const UniqueFd socket{static_cast<int>(opened)};
    ifreq request{};
    std::memcpy(request.ifr_name, "lo", 3);
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    OCI_TRY(answer("ioctl(SIOCSIFFLAGS)", ::ioctl(socket.get(), SIOCSIFFLAGS, &request)));
    return {};
}

}  // namespace oci::kernel
