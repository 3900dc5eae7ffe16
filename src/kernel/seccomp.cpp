// SPDX-License-Identifier: Apache-2.0
#include "kernel/seccomp.hpp"

#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace oci::kernel {

SysResult<void> load_seccomp_filter(std::span<const sock_filter> program, unsigned flags) noexcept {
    // The kernel only reads it; its interface predates const.
    sock_fprog filter{static_cast<unsigned short>(program.size()),
                      const_cast<sock_filter*>(program.data())};
    OCI_TRY(answer("seccomp", ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &filter)));
    return {};
}

bool knows_seccomp_flag(unsigned flag) noexcept {
    // A null program: EFAULT says that the flags were accepted, EINVAL that they were not.
    const long result = ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flag, nullptr);
    return result < 0 && errno == EFAULT;
}

}  // namespace oci::kernel
