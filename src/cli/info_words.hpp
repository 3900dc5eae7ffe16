// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string_view>

#include "base/named_values.hpp"
#include "oci-rt/info.hpp"

namespace oci::cli {

inline constexpr std::array cgroup_layouts{
    Named<CgroupLayout>{"none", CgroupLayout::None},
    Named<CgroupLayout>{"legacy", CgroupLayout::Legacy},
    Named<CgroupLayout>{"hybrid", CgroupLayout::Hybrid},
    Named<CgroupLayout>{"unified", CgroupLayout::Unified},
};

[[nodiscard]] inline std::string_view name_of(CgroupLayout layout) {
    return name_of_value(cgroup_layouts, layout);
}

}  // namespace oci::cli
