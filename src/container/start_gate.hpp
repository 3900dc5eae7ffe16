// SPDX-License-Identifier: Apache-2.0
//
// start gate: the socket at which a created init waits until `start` connects.
// It is there exactly as long as the container is created and not started.
#pragma once

#include "kernel/sys_result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::container::start_gate {

/// A listening packet socket in the state directory, to be inherited by init.
kernel::SysResult<UniqueFd> make(FdView directory) noexcept;

[[nodiscard]] bool exists(FdView directory) noexcept;

/// ENOENT or ECONNREFUSED: nobody waits there.
kernel::SysResult<UniqueFd> connect(FdView directory) noexcept;

kernel::SysResult<void> remove(FdView directory) noexcept;

}  // namespace oci::container::start_gate
