// SPDX-License-Identifier: Apache-2.0
//
// A cgroup handed over to the container's user, who may then make cgroups
// below it: config-linux.md, "Cgroup ownership". Limits stay ours.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/spec.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::cgroups {

/// The host's uid of the container's user, if the container sees its cgroup alone and may write
/// to it: a cgroup namespace of its own, and cgroups mounted without "ro".
[[nodiscard]] std::optional<uid_t> plan_owner(const Spec& spec);

/// The annotation run.oci.delegate-cgroup: a path relative to the container's cgroup, below which
/// the container manages what it likes; empty: there is none.
Result<std::string> plan_sub_cgroup(const Spec& spec);

/// The directory, and in it the files that the kernel lists as safe to hand over.
Result<void> delegate(FdView cgroup, uid_t owner, std::string_view place);

}  // namespace oci::cgroups
