// SPDX-License-Identifier: Apache-2.0
//
// ids: which ids the caller may give to a container, and user namespaces to
// have them in.
#pragma once

#include "oci-rt/info.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::host {

[[nodiscard]] SubordinateIds survey_ids(FdView root, const UserInfo& user);

/// All but what only the kernel can tell: whether one can be made.
[[nodiscard]] UserNamespaceInfo survey_user_namespace_limits(FdView root);

}  // namespace oci::host
