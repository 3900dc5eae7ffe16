// SPDX-License-Identifier: Apache-2.0
//
// kernel: what the running kernel can do, by asking it. What would leave traces is done
// in child processes with namespaces of their own, and none of them lives for long.
#pragma once

#include "oci-rt/info.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::host {

[[nodiscard]] KernelInfo survey_kernel(FdView root);

/// Makes a user namespace, and in it what takes a capability.
void probe_user_namespace(UserNamespaceInfo& info);

}  // namespace oci::host
