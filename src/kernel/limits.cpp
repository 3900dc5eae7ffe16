// SPDX-License-Identifier: Apache-2.0
#include "kernel/limits.hpp"

#include <sys/resource.h>

namespace oci::kernel {

SysResult<void> set_resource_limit(pid_t pid, int resource, std::uint64_t soft,
                                   std::uint64_t hard) noexcept {
    const rlimit limit{soft, hard};
    OCI_TRY(answer("prlimit",
                   ::prlimit(pid, static_cast<__rlimit_resource>(resource), &limit, nullptr)));
    return {};
}

SysResult<std::uint64_t> soft_resource_limit(int resource) noexcept {
    rlimit64 limit{};
    OCI_TRY(answer("prlimit64",
                   ::prlimit64(0, static_cast<__rlimit_resource>(resource), nullptr, &limit)));
    return limit.rlim_cur;
}

SysResult<std::uint64_t> hard_resource_limit(int resource) noexcept {
    rlimit64 limit{};
    OCI_TRY(answer("prlimit64",
                   ::prlimit64(0, static_cast<__rlimit_resource>(resource), nullptr, &limit)));
    return limit.rlim_max;
}

}  // namespace oci::kernel
