// SPDX-License-Identifier: Apache-2.0
//
// bpf(2) for cgroup device programs, without libbpf.
#pragma once

#include <linux/bpf.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "kernel/sys_result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::kernel {

/// BPF_PROG_LOAD of a BPF_PROG_TYPE_CGROUP_DEVICE program.
SysResult<UniqueFd> load_device_program(std::span<const bpf_insn> program) noexcept;

/// BPF_PROG_ATTACH with BPF_F_ALLOW_MULTI: every program of the cgroup and of its
/// ancestors must allow an access.
SysResult<void> attach_device_program(FdView cgroup, FdView program) noexcept;

/// The same with BPF_F_REPLACE: an attached program gives way at once to another.
SysResult<void> replace_device_program(FdView cgroup, FdView old, FdView program) noexcept;
SysResult<void> detach_device_program(FdView cgroup, FdView program) noexcept;

/// BPF_PROG_QUERY: ids of the programs attached to the cgroup itself.
SysResult<std::vector<std::uint32_t>> device_programs(FdView cgroup);
SysResult<UniqueFd> open_program(std::uint32_t id) noexcept;
SysResult<std::string> program_name(FdView program);

/// The name that load_device_program() gives.
inline constexpr const char* device_program_name = "oci_devices";

}  // namespace oci::kernel
