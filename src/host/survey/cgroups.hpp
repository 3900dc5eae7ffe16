// SPDX-License-Identifier: Apache-2.0
//
// cgroups: which of them this host has, and what of them is the caller's.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "oci-rt/info.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::host {

/// From the texts of /proc/self/mountinfo and /proc/self/cgroup: all that needs no look
/// at the cgroups themselves.
[[nodiscard]] CgroupInfo cgroups_in(std::string_view mountinfo, std::string_view membership);

/// root: "/" of the host, or a directory that looks like it.
[[nodiscard]] CgroupInfo survey_cgroups(FdView root, const UserInfo& user);

}  // namespace oci::host
