// SPDX-License-Identifier: Apache-2.0
//
// words: the names that the specification gives to values, for those who read
// them (spec) and those who list what they know (features).
#pragma once

#include <array>
#include <string_view>

#include "base/named_values.hpp"
#include "oci-rt/spec.hpp"

namespace oci::words {

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

inline constexpr std::array scheduler_policies{
    Named<SchedulerPolicy>{"SCHED_OTHER", SchedulerPolicy::Other},
    Named<SchedulerPolicy>{"SCHED_FIFO", SchedulerPolicy::Fifo},
    Named<SchedulerPolicy>{"SCHED_RR", SchedulerPolicy::RoundRobin},
    Named<SchedulerPolicy>{"SCHED_BATCH", SchedulerPolicy::Batch},
    Named<SchedulerPolicy>{"SCHED_ISO", SchedulerPolicy::Iso},
    Named<SchedulerPolicy>{"SCHED_IDLE", SchedulerPolicy::Idle},
    Named<SchedulerPolicy>{"SCHED_DEADLINE", SchedulerPolicy::Deadline},
};

inline constexpr std::array scheduler_flags{
    Named<SchedulerFlag>{"SCHED_FLAG_RESET_ON_FORK", SchedulerFlag::ResetOnFork},
    Named<SchedulerFlag>{"SCHED_FLAG_RECLAIM", SchedulerFlag::Reclaim},
    Named<SchedulerFlag>{"SCHED_FLAG_DL_OVERRUN", SchedulerFlag::DeadlineOverrun},
    Named<SchedulerFlag>{"SCHED_FLAG_KEEP_POLICY", SchedulerFlag::KeepPolicy},
    Named<SchedulerFlag>{"SCHED_FLAG_KEEP_PARAMS", SchedulerFlag::KeepParameters},
    Named<SchedulerFlag>{"SCHED_FLAG_UTIL_CLAMP_MIN", SchedulerFlag::UtilClampMinimum},
    Named<SchedulerFlag>{"SCHED_FLAG_UTIL_CLAMP_MAX", SchedulerFlag::UtilClampMaximum},
};

inline constexpr std::array io_priority_classes{
    Named<IoPriorityClass>{"IOPRIO_CLASS_RT", IoPriorityClass::RealTime},
    Named<IoPriorityClass>{"IOPRIO_CLASS_BE", IoPriorityClass::BestEffort},
    Named<IoPriorityClass>{"IOPRIO_CLASS_IDLE", IoPriorityClass::Idle},
};

inline constexpr std::array personality_domains{
    Named<PersonalityDomain>{"LINUX", PersonalityDomain::Linux},
    Named<PersonalityDomain>{"LINUX32", PersonalityDomain::Linux32},
};

inline constexpr std::array memory_policy_modes{
    Named<MemoryPolicyMode>{"MPOL_DEFAULT", MemoryPolicyMode::Default},
    Named<MemoryPolicyMode>{"MPOL_PREFERRED", MemoryPolicyMode::Preferred},
    Named<MemoryPolicyMode>{"MPOL_BIND", MemoryPolicyMode::Bind},
    Named<MemoryPolicyMode>{"MPOL_INTERLEAVE", MemoryPolicyMode::Interleave},
    Named<MemoryPolicyMode>{"MPOL_LOCAL", MemoryPolicyMode::Local},
    Named<MemoryPolicyMode>{"MPOL_PREFERRED_MANY", MemoryPolicyMode::PreferredMany},
    Named<MemoryPolicyMode>{"MPOL_WEIGHTED_INTERLEAVE", MemoryPolicyMode::WeightedInterleave},
};

inline constexpr std::array memory_policy_flags{
    Named<MemoryPolicyFlag>{"MPOL_F_NUMA_BALANCING", MemoryPolicyFlag::NumaBalancing},
    Named<MemoryPolicyFlag>{"MPOL_F_RELATIVE_NODES", MemoryPolicyFlag::RelativeNodes},
    Named<MemoryPolicyFlag>{"MPOL_F_STATIC_NODES", MemoryPolicyFlag::StaticNodes},
};

}  // namespace oci::words
