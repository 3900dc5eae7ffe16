// SPDX-License-Identifier: Apache-2.0
//
// presets: what engines give a container by default, as far as one container by
// itself can have it: no files that an engine makes, no namespaces of a pod.
#pragma once

#include <span>
#include <string_view>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"
#include "spec/seccomp_profile.hpp"

namespace oci::spec {

/// Lists are words between spaces; changes are assignments (document.hpp).
struct Preset {
    std::string_view name;          ///< Empty: without a preset.
    std::string_view capabilities;  ///< Without "CAP_".
    std::string_view dev_options;   ///< Of the mount at /dev.
    std::string_view cgroup_options;
    std::string_view masked_paths;
    std::string_view readonly_paths;
    std::span<const std::string_view> changes;
    std::span<const std::string_view> changes_for_root;  ///< What a user may not do.
    DefaultProfile seccomp = DefaultProfile::None;
};

[[nodiscard]] Result<const Preset*> find_preset(std::string_view name);

}  // namespace oci::spec
