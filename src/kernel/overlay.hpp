// SPDX-License-Identifier: Apache-2.0
//
// overlay: several directories shown as one. Names are relative to the working directory, so
// that they are short: mount(2) takes one page of them.
#pragma once

#include <span>

#include "kernel/sys_result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::kernel {

struct Overlay {
    std::span<const char* const> lower{};  ///< The top first.
    const char* upper = nullptr;
    const char* work = nullptr;
    /// Attributes user.overlay.* instead of trusted.*: all that a user namespace may have.
    bool user_attributes = false;
    /// Nothing is ever written back for safety's sake: what is lost by a crash is not missed.
    bool is_volatile = false;
};

/// A detached mount, of any number of directories. EINVAL before Linux 6.5.
SysResult<UniqueFd> make_overlay(const Overlay& overlay) noexcept;

/// By mount(2) at an absolute path, for older kernels. options: of all of it, for the kernel;
/// flags: MS_*.
SysResult<void> mount_overlay(const char* options, const char* target,
                              unsigned long flags) noexcept;

}  // namespace oci::kernel
