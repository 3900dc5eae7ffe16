// SPDX-License-Identifier: Apache-2.0
//
// overlay: a root that is the layers of an image with a directory on top. It is mounted in the
// container's own mount namespace, so that there is never anything to unmount on the host.
#pragma once

#include <optional>
#include <string>

#include "features/progress.hpp"
#include "features/rootfs/id_maps.hpp"
#include "kernel/sys_result.hpp"
#include "oci-rt/options.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::rootfs {

struct OverlayPlan {
    RootOverlay layers{};
    bool user_attributes = false;
    std::string options{};  ///< For mount(2), where the kernel has no better way.
    /// Of root's layers, for a container with a user namespace: whom their owners are there.
    std::optional<mounts::IdMap> id_map{};
    UniqueFd mount{};  ///< By prepare_overlay(): only who has made the layers may map their owners.
};

inline constexpr std::size_t most_overlay_layers = 500;  ///< The kernel's limit.

/// in_user_namespace: whoever mounts it has no privileges outside of one.
Result<OverlayPlan> plan_overlay(const RootOverlay& overlay, bool in_user_namespace);

/// With an id map: mounts it, with the rights of the parent. For the parent. Unsupported before
/// Linux 6.15.
Result<void> prepare_overlay(OverlayPlan& plan);

/// At `place`, an absolute path that is a directory; yields the mount. The working directory
/// becomes that of the layers.
kernel::SysResult<UniqueFd> enter_overlay(const OverlayPlan& plan, const char* place,
                                          Progress& progress) noexcept;

/// The same by mount(2) alone, as kernels before 6.5 have it.
kernel::SysResult<UniqueFd> enter_overlay_by_options(const OverlayPlan& plan, const char* place,
                                                     Progress& progress) noexcept;

}  // namespace oci::rootfs
