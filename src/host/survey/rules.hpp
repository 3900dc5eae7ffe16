// SPDX-License-Identifier: Apache-2.0
//
// rules: each finds one thing amiss, or nothing. They look at nothing but the survey.
#pragma once

#include <optional>
#include <span>

#include "oci-rt/info.hpp"

namespace oci::host {

using Maybe = std::optional<Finding>;
using Rule = Maybe (*)(const HostInfo& host);

[[nodiscard]] std::span<const Rule> cgroup_rules() noexcept;

/// About users other than root: namespaces of their own, and ids to have in them.
[[nodiscard]] std::span<const Rule> user_rules() noexcept;

[[nodiscard]] inline bool is_plain_user(const HostInfo& host) noexcept {
    return host.user.uid != 0;
}

}  // namespace oci::host
