// SPDX-License-Identifier: Apache-2.0
//
// reserved annotations: those that mean something to a runtime or to what stands around it. A label
// is never one of them (CVE-2026-53488).
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace oci::image {

inline constexpr std::array<std::string_view, 6> reserved_annotations{
    "oci-rt.", "io.oci-rt.", "org.systemd.property.", "run.oci.", "org.criu.", "io.kubernetes."};

[[nodiscard]] inline bool is_reserved_annotation(std::string_view name) noexcept {
    return std::ranges::any_of(reserved_annotations,
                               [&](std::string_view prefix) { return name.starts_with(prefix); });
}

}  // namespace oci::image
