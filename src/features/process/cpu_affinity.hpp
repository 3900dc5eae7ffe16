// SPDX-License-Identifier: Apache-2.0
//
// CPU affinity: the processors that a process may run on. By default all that
// its cgroup allows: a caller that is pinned does not pin its containers.
// process.execCPUAffinity says otherwise for `exec`.
#pragma once

#include <utility>
#include <vector>

#include "features/progress.hpp"
#include "kernel/sys_result.hpp"
#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/spec.hpp"

namespace oci::cpu_affinity {

/// A bit for each processor; empty: not given.
using Processors = std::vector<unsigned long>;

/// For a container's first process nothing is given.
struct Plan {
    Processors initial;  ///< Of who clones into the cgroup; what it clones inherits them.
    Processors final;    ///< Of the process, once it is in the cgroup.
};

Result<Plan> plan(const ExecCpuAffinity& affinity);

/// The calling thread's own processors, given back on destruction.
class Borrowed {
public:
    Borrowed() = default;
    explicit Borrowed(Processors before) noexcept : before_{std::move(before)} {}
    Borrowed(Borrowed&& other) noexcept : before_{std::move(other.before_)} {}
    Borrowed& operator=(Borrowed&&) = delete;
    Borrowed(const Borrowed&) = delete;
    Borrowed& operator=(const Borrowed&) = delete;
    ~Borrowed();

private:
    Processors before_;
};

/// Parent, around the clone: the initial processors for as long as the answer lives.
Result<Borrowed> prepare(const Plan& plan);

/// Init, inside its cgroup: the final processors, or all. One system call: to ask before
/// whether it is needed would be another.
kernel::SysResult<void> enter(const Plan& plan, Progress& progress) noexcept;

}  // namespace oci::cpu_affinity
