// SPDX-License-Identifier: Apache-2.0
//
// names: the words of the specification and what they mean, and the help for
// a word that is none of them.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/named_values.hpp"
#include "oci-rt/spec.hpp"

namespace oci::spec {

inline constexpr std::array namespace_kinds{
    Named<NamespaceKind>{"pid", NamespaceKind::Pid},
    Named<NamespaceKind>{"network", NamespaceKind::Network},
    Named<NamespaceKind>{"mount", NamespaceKind::Mount},
    Named<NamespaceKind>{"ipc", NamespaceKind::Ipc},
    Named<NamespaceKind>{"uts", NamespaceKind::Uts},
    Named<NamespaceKind>{"user", NamespaceKind::User},
    Named<NamespaceKind>{"cgroup", NamespaceKind::Cgroup},
    Named<NamespaceKind>{"time", NamespaceKind::Time},
};

/// A propagation, and whether it takes the mounts below with it.
using PropagationWord = std::pair<Propagation, bool>;

inline constexpr std::array propagations{
    Named<PropagationWord>{"", {Propagation::Unset, false}},
    Named<PropagationWord>{"private", {Propagation::Private, false}},
    Named<PropagationWord>{"rprivate", {Propagation::Private, true}},
    Named<PropagationWord>{"slave", {Propagation::Slave, false}},
    Named<PropagationWord>{"rslave", {Propagation::Slave, true}},
    Named<PropagationWord>{"shared", {Propagation::Shared, false}},
    Named<PropagationWord>{"rshared", {Propagation::Shared, true}},
    Named<PropagationWord>{"unbindable", {Propagation::Unbindable, false}},
    Named<PropagationWord>{"runbindable", {Propagation::Unbindable, true}},
};

inline constexpr std::array seccomp_actions{
    Named<SeccompAction>{"SCMP_ACT_KILL", SeccompAction::Kill},
    Named<SeccompAction>{"SCMP_ACT_KILL_PROCESS", SeccompAction::KillProcess},
    Named<SeccompAction>{"SCMP_ACT_KILL_THREAD", SeccompAction::KillThread},
    Named<SeccompAction>{"SCMP_ACT_TRAP", SeccompAction::Trap},
    Named<SeccompAction>{"SCMP_ACT_ERRNO", SeccompAction::Errno},
    Named<SeccompAction>{"SCMP_ACT_TRACE", SeccompAction::Trace},
    Named<SeccompAction>{"SCMP_ACT_ALLOW", SeccompAction::Allow},
    Named<SeccompAction>{"SCMP_ACT_LOG", SeccompAction::Log},
    Named<SeccompAction>{"SCMP_ACT_NOTIFY", SeccompAction::Notify},
};

inline constexpr std::array seccomp_operators{
    Named<SeccompOperator>{"SCMP_CMP_NE", SeccompOperator::NotEqual},
    Named<SeccompOperator>{"SCMP_CMP_LT", SeccompOperator::LessThan},
    Named<SeccompOperator>{"SCMP_CMP_LE", SeccompOperator::LessOrEqual},
    Named<SeccompOperator>{"SCMP_CMP_EQ", SeccompOperator::Equal},
    Named<SeccompOperator>{"SCMP_CMP_GE", SeccompOperator::GreaterOrEqual},
    Named<SeccompOperator>{"SCMP_CMP_GT", SeccompOperator::GreaterThan},
    Named<SeccompOperator>{"SCMP_CMP_MASKED_EQ", SeccompOperator::MaskedEqual},
};

inline constexpr std::array<std::string_view, 23> seccomp_architectures{
    "SCMP_ARCH_X86",     "SCMP_ARCH_X86_64",   "SCMP_ARCH_X32",         "SCMP_ARCH_ARM",
    "SCMP_ARCH_AARCH64", "SCMP_ARCH_MIPS",     "SCMP_ARCH_MIPS64",      "SCMP_ARCH_MIPS64N32",
    "SCMP_ARCH_MIPSEL",  "SCMP_ARCH_MIPSEL64", "SCMP_ARCH_MIPSEL64N32", "SCMP_ARCH_PPC",
    "SCMP_ARCH_PPC64",   "SCMP_ARCH_PPC64LE",  "SCMP_ARCH_S390",        "SCMP_ARCH_S390X",
    "SCMP_ARCH_PARISC",  "SCMP_ARCH_PARISC64", "SCMP_ARCH_RISCV64",     "SCMP_ARCH_LOONGARCH64",
    "SCMP_ARCH_M68K",    "SCMP_ARCH_SH",       "SCMP_ARCH_SHEB",
};

inline constexpr std::array<std::string_view, 4> seccomp_flags{
    "SECCOMP_FILTER_FLAG_TSYNC",
    "SECCOMP_FILTER_FLAG_LOG",
    "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
    "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
};

inline constexpr std::array<std::string_view, 16> rlimit_types{
    "RLIMIT_AS",     "RLIMIT_CORE",   "RLIMIT_CPU",        "RLIMIT_DATA",
    "RLIMIT_FSIZE",  "RLIMIT_LOCKS",  "RLIMIT_MEMLOCK",    "RLIMIT_MSGQUEUE",
    "RLIMIT_NICE",   "RLIMIT_NOFILE", "RLIMIT_NPROC",      "RLIMIT_RSS",
    "RLIMIT_RTPRIO", "RLIMIT_RTTIME", "RLIMIT_SIGPENDING", "RLIMIT_STACK",
};

/// `unknown value "netwrk" (did you mean "network"?)`, or the list of the
/// known words if none is close.
[[nodiscard]] std::string unknown_name(std::string_view name,
                                       const std::vector<std::string_view>& known);

}  // namespace oci::spec
