// SPDX-License-Identifier: Apache-2.0
//
// Descriptors that the payload inherits beyond 0, 1 and 2 (--preserve-fds,
// LISTEN_FDS), and the closing of all others (CVE-2024-21626).
#pragma once

#include <span>
#include <vector>

#include "kernel/sys_result.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::inherited_fds {

struct Plan {
    std::vector<int> kept;  ///< Sorted, all >= 3.
};

/// Parent, before it opens anything of its own: which of the preserve_fds +
/// listen_fds descriptors from 3 on are open. Holes are left out.
Result<Plan> prepare(int preserve_fds, int listen_fds);

/// Init: closes every descriptor >= 3 that is not in the sorted list.
kernel::SysResult<void> close_others(std::span<const int> sorted_keep) noexcept;

/// Init, last: the kept ones survive execve; all others >= 3 are closed but the
/// spare one (-1: none).
kernel::SysResult<void> hand_over(const Plan& plan, FdView spare) noexcept;

}  // namespace oci::inherited_fds
