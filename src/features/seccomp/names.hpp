// SPDX-License-Identifier: Apache-2.0
//
// The words of linux.seccomp that this runtime knows.
#pragma once

#include <linux/seccomp.h>

#include <array>
#include <string_view>

#include "base/named_values.hpp"
#include "oci-rt/spec.hpp"

namespace oci::seccomp {

inline constexpr std::array actions{
    Named<SeccompAction>{"SCMP_ACT_KILL", SeccompAction::Kill},
    Named<SeccompAction>{"SCMP_ACT_KILL_PROCESS", SeccompAction::KillProcess},
    Named<SeccompAction>{"SCMP_ACT_KILL_THREAD", SeccompAction::KillThread},
    Named<SeccompAction>{"SCMP_ACT_TRAP", SeccompAction::Trap},
    Named<SeccompAction>{"SCMP_ACT_ERRNO", SeccompAction::Errno},
    Named<SeccompAction>{"SCMP_ACT_TRACE", SeccompAction::Trace},
    Named<SeccompAction>{"SCMP_ACT_ALLOW", SeccompAction::Allow},
    Named<SeccompAction>{"SCMP_ACT_LOG", SeccompAction::Log},
};

inline constexpr std::array operators{
    Named<SeccompOperator>{"SCMP_CMP_NE", SeccompOperator::NotEqual},
    Named<SeccompOperator>{"SCMP_CMP_LT", SeccompOperator::LessThan},
    Named<SeccompOperator>{"SCMP_CMP_LE", SeccompOperator::LessOrEqual},
    Named<SeccompOperator>{"SCMP_CMP_EQ", SeccompOperator::Equal},
    Named<SeccompOperator>{"SCMP_CMP_GE", SeccompOperator::GreaterOrEqual},
    Named<SeccompOperator>{"SCMP_CMP_GT", SeccompOperator::GreaterThan},
    Named<SeccompOperator>{"SCMP_CMP_MASKED_EQ", SeccompOperator::MaskedEqual},
};

inline constexpr std::array<std::string_view, 23> architectures{
    "SCMP_ARCH_X86",     "SCMP_ARCH_X86_64",   "SCMP_ARCH_X32",         "SCMP_ARCH_ARM",
    "SCMP_ARCH_AARCH64", "SCMP_ARCH_MIPS",     "SCMP_ARCH_MIPS64",      "SCMP_ARCH_MIPS64N32",
    "SCMP_ARCH_MIPSEL",  "SCMP_ARCH_MIPSEL64", "SCMP_ARCH_MIPSEL64N32", "SCMP_ARCH_PPC",
    "SCMP_ARCH_PPC64",   "SCMP_ARCH_PPC64LE",  "SCMP_ARCH_S390",        "SCMP_ARCH_S390X",
    "SCMP_ARCH_PARISC",  "SCMP_ARCH_PARISC64", "SCMP_ARCH_RISCV64",     "SCMP_ARCH_LOONGARCH64",
    "SCMP_ARCH_M68K",    "SCMP_ARCH_SH",       "SCMP_ARCH_SHEB",
};

/// What a flag means for seccomp(2).
struct Flag {
    std::string_view name;
    unsigned loaded = 0;  ///< What goes with the filter.
    unsigned probed = 0;  ///< What a kernel that has it accepts.
};

inline constexpr std::array flags{
    // All threads at once: init has a single thread.
    Flag{"SECCOMP_FILTER_FLAG_TSYNC", 0, SECCOMP_FILTER_FLAG_TSYNC},
    Flag{"SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG, SECCOMP_FILTER_FLAG_LOG},
    Flag{"SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW,
         SECCOMP_FILTER_FLAG_SPEC_ALLOW},
    // Only has a meaning, and only is accepted, together with a listener.
    Flag{"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", 0,
         SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV | SECCOMP_FILTER_FLAG_NEW_LISTENER},
};

/// Without linux.seccomp.flags: no slow-down against speculation (Spectre v4),
/// as other runtimes decide it. Known since Linux 4.17.
inline constexpr unsigned default_flags = SECCOMP_FILTER_FLAG_SPEC_ALLOW;

}  // namespace oci::seccomp
