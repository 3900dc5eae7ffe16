// SPDX-License-Identifier: Apache-2.0
//
// findings: what a survey means for whoever wants to run containers, and the exact
// command that mends it. Commands are for root unless they say otherwise.
#pragma once

#include <vector>

#include "oci-rt/info.hpp"

namespace oci::host {

/// The worst first, then in the order in which they are best mended.
[[nodiscard]] std::vector<Finding> findings_of(const HostInfo& host);

/// Those about user namespaces and ids, which survey_users() is enough for.
[[nodiscard]] std::vector<Finding> findings_about_users(const HostInfo& host);

}  // namespace oci::host
