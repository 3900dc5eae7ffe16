// SPDX-License-Identifier: Apache-2.0
//
// seccomp profile: the system calls that engines let a container make by
// default, and profiles that come from a file.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "spec/json.hpp"

namespace oci::spec {

enum class DefaultProfile : std::uint8_t {
    None,
    Docker,  ///< What is not allowed is not permitted (EPERM); of containerd too.
    Podman,  ///< What is neither allowed nor named does not exist (ENOSYS).
};

/// "x86_64" and so on: for what this was compiled.
[[nodiscard]] std::string_view native_machine() noexcept;

/// The content of /linux/seccomp. A capability ("CAP_SYS_ADMIN") allows the
/// calls that are of no use without it. null for DefaultProfile::None.
[[nodiscard]] Value seccomp_profile(DefaultProfile profile,
                                    const std::vector<std::string_view>& capabilities,
                                    std::string_view machine);

/// A text of the form of /linux/seccomp. Refuses the form that engines resolve
/// first (archMap, includes, excludes): without that it would allow too much.
[[nodiscard]] Result<Value> read_profile(std::string_view text);

}  // namespace oci::spec
