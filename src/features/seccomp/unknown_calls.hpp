// SPDX-License-Identifier: Apache-2.0
//
// unknown calls: system calls newer than the profile answer ENOSYS, so that a
// C library falls back on older ones instead of meeting EPERM or a signal.
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <vector>

namespace oci::seccomp {

/// One ABI: numbers above the last one that the profile names, and below the
/// end, are unknown to the profile.
struct KnownCalls {
    std::uint32_t audit_architecture = 0;  ///< AUDIT_ARCH_*
    std::uint32_t last = 0;
    std::uint32_t end = 0;
    bool zero_is_unknown = false;  ///< The kernel reports 0 for a number out of its range.
};

/// Instructions for the front of a program: they return ENOSYS or fall off their
/// end. At most two ABIs an architecture, the lower numbers first; architectures
/// in the order of their tests, at most 24.
[[nodiscard]] std::vector<sock_filter> refuse_unknown_calls(const std::vector<KnownCalls>& abis);

}  // namespace oci::seccomp
