// SPDX-License-Identifier: Apache-2.0
//
// bpf(2) for cgroup device programs, without libbpf.
#pragma once

#include <linux/bpf.h>

#include <span>

#include "kernel/sys_result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::kernel {

/// BPF_PROG_LOAD of a BPF_PROG_TYPE_CGROUP_DEVICE program.
SysResult<UniqueFd> load_device_program(std::span<const bpf_insn> program) noexcept;

/// BPF_PROG_ATTACH with BPF_F_ALLOW_MULTI: every program of the cgroup and of its
/// ancestors must allow an access.
SysResult<void> attach_device_program(FdView cgroup, FdView program) noexcept;

}  // namespace oci::kernel
