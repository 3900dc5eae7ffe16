// SPDX-License-Identifier: Apache-2.0
//
// Device rules as a BPF program: cgroup v2 has no file for them. Rules count in
// their order, the last that matches an access decides; nothing matches: denied.
#pragma once

#include <linux/bpf.h>

#include <vector>

#include "features/cgroups/device_table.hpp"
#include "kernel/sys_result.hpp"
#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/spec.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::cgroups {

using DeviceProgram = std::vector<bpf_insn>;

/// The rules, and behind them the devices every container may use. InvalidConfig for rules that
/// say nothing.
Result<std::vector<DeviceAccess>> plan_device_access(const std::vector<DeviceRule>& rules);

/// The program for them. Empty if it would allow everything.
Result<DeviceProgram> plan_device_program(const std::vector<DeviceRule>& rules);

/// Loads and attaches it; programs of ancestors stay in force. An empty one: nothing to do.
kernel::SysResult<void> attach_device_program(const DeviceProgram& program, FdView cgroup);

/// The program of ours that is attached to the cgroup; no descriptor if there is none.
kernel::SysResult<UniqueFd> find_device_program(FdView cgroup);

/// Loads a program; no descriptor for an empty one.
kernel::SysResult<UniqueFd> load_device_program(const DeviceProgram& program);

/// At once: there is no moment without a program. Either may be no descriptor, for none.
kernel::SysResult<void> exchange_device_programs(FdView cgroup, FdView old, FdView next) noexcept;

}  // namespace oci::cgroups
