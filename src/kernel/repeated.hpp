// SPDX-License-Identifier: Apache-2.0
//
// System calls that a signal may cut short, and that are made again then.
#pragma once

#include <concepts>

#include "kernel/sys_result.hpp"

namespace oci::kernel {

/// The answer of a call, made again as long as a signal cuts it short. File systems in user space
/// and of a network may answer EINTR whatever they are asked, and so do locks of the kernel that
/// are taken interruptibly (fsconfig, fsmount, keyctl). Not for close(2), which has closed by then.
/// Where plain answer() stands, the kernel knows no such answer: it waits for nothing (prctl,
/// set*id, capset), not interruptibly (setns), or begins again by itself (clone3, execve).
template <std::invocable Call>
SysResult<long> repeated(const char* name, Call&& call) noexcept {
    for (;;) {
        const SysResult<long> answered = answer(name, call());
        if (answered || answered.error().code != EINTR) return answered;
    }
}

}  // namespace oci::kernel
