// SPDX-License-Identifier: Apache-2.0
//
// The session keyring: an anonymous one of its own, so that the payload does
// not hold the caller's keys.
#pragma once

#include "features/progress.hpp"
#include "kernel/sys_result.hpp"

namespace oci::keyring {

struct Plan {
    bool is_wanted = true;
};

[[nodiscard]] Plan plan(bool no_new_keyring) noexcept;

/// A kernel without keyrings is no error; a quota that is used up is.
kernel::SysResult<void> enter(const Plan& plan, Progress& progress) noexcept;

}  // namespace oci::keyring
