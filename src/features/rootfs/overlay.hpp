// SPDX-License-Identifier: Apache-2.0
//
// overlay: a root that is the layers of an image with a directory on top. It is mounted in the
// container's own mount namespace, so that there is never anything to unmount on the host.
#pragma once

#include <string>

#include "features/progress.hpp"
#include "kernel/sys_result.hpp"
#include "oci-rt/options.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::rootfs {

struct OverlayPlan {
    RootOverlay layers{};
    bool user_attributes = false;
    std::string options{};  ///< For mount(2), where the kernel has no better way.
};

inline constexpr std::size_t most_overlay_layers = 500;  ///< The kernel's limit.

/// in_user_namespace: whoever mounts it has no privileges outside of one.
Result<OverlayPlan> plan_overlay(const RootOverlay& overlay, bool in_user_namespace);

/// At `place`, an absolute path that is a directory; yields the mount. The working directory
/// becomes that of the layers.
kernel::SysResult<UniqueFd> enter_overlay(const OverlayPlan& plan, const char* place,
                                          Progress& progress) noexcept;

/// The same by mount(2) alone, as kernels before 6.5 have it.
kernel::SysResult<UniqueFd> enter_overlay_by_options(const OverlayPlan& plan, const char* place,
                                                     Progress& progress) noexcept;

}  // namespace oci::rootfs
