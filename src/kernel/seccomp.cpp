// SPDX-License-Identifier: Apache-2.0
#include "kernel/seccomp.hpp"

#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace oci::kernel {

SysResult<UniqueFd> load_seccomp_filter(std::span<const sock_filter> program,
                                        unsigned flags) noexcept {
    // The kernel only reads it; its interface predates const.
    sock_fprog filter{static_cast<unsigned short>(program.size()),
                      const_cast<sock_filter*>(program.data())};
    const long answered =
        OCI_TRY(answer("seccomp", ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &filter)));
    const bool is_listener = (flags & SECCOMP_FILTER_FLAG_NEW_LISTENER) != 0;
    return UniqueFd{is_listener ? static_cast<int>(answered) : -1};
}

SysResult<void> require_seccomp_listener(FdView fd) noexcept {
    // No notification has the id 0: a listener says ENOENT, all else that it is no such thing.
    std::uint64_t id = 0;
    const auto asked = answer("ioctl", ::ioctl(fd.get(), SECCOMP_IOCTL_NOTIF_ID_VALID, &id));
    if (!asked && asked.error().code != ENOENT) return refuse(EINVAL, "seccomp listener");
    return {};
}

bool knows_seccomp_flag(unsigned flag) noexcept {
    // A null program: EFAULT says that the flags were accepted, EINVAL that they were not.
    const long result = ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flag, nullptr);
    return result < 0 && errno == EFAULT;
}

}  // namespace oci::kernel
