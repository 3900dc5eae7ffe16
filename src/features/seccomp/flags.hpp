// SPDX-License-Identifier: Apache-2.0
//
// flags: what the words of linux.seccomp.flags are for seccomp(2).
#pragma once

#include <linux/seccomp.h>

#include <array>
#include <string_view>

namespace oci::seccomp {

/// What a flag means for seccomp(2).
struct Flag {
    std::string_view name;
    unsigned loaded = 0;  ///< What goes with the filter.
    unsigned probed = 0;  ///< What a kernel that has it accepts.
};

/// Have a meaning, and are accepted, only together with a listener.
inline constexpr unsigned listener_flags =
    SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;

inline constexpr std::array flags{
    // All threads at once: init has a single one that goes on under the filter.
    Flag{"SECCOMP_FILTER_FLAG_TSYNC", 0, SECCOMP_FILTER_FLAG_TSYNC},
    Flag{"SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG, SECCOMP_FILTER_FLAG_LOG},
    Flag{"SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW,
         SECCOMP_FILTER_FLAG_SPEC_ALLOW},
    Flag{"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
         listener_flags},
};

/// Without linux.seccomp.flags: no slow-down against speculation (Spectre v4),
/// as other runtimes decide it. Known since Linux 4.17.
inline constexpr unsigned default_flags = SECCOMP_FILTER_FLAG_SPEC_ALLOW;

}  // namespace oci::seccomp
