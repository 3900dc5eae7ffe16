// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "kernel/sys_result.hpp"

namespace oci::kernel {

/// prlimit(2); resource: RLIMIT_*. pid 0: oneself.
SysResult<void> set_resource_limit(pid_t pid, int resource, std::uint64_t soft,
                                   std::uint64_t hard) noexcept;

/// getrlimit(2), the soft one, of oneself.
SysResult<std::uint64_t> soft_resource_limit(int resource) noexcept;
/// getrlimit(2), the hard one, of oneself.
SysResult<std::uint64_t> hard_resource_limit(int resource) noexcept;

}  // namespace oci::kernel
