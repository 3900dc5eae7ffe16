// SPDX-License-Identifier: Apache-2.0
//
// system: what of the host's software matters to a container.
#pragma once

#include <string>
#include <string_view>

#include "oci-rt/info.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::host {

/// From a text like /etc/os-release.
[[nodiscard]] DistributionInfo distribution_in(std::string_view os_release);

/// The mount point of the first resctrl in a text like /proc/self/mountinfo; empty: none.
[[nodiscard]] std::string resctrl_in(std::string_view mountinfo);

[[nodiscard]] DistributionInfo survey_distribution(FdView root);
[[nodiscard]] SystemdInfo survey_systemd(FdView root, const UserInfo& user,
                                         std::string_view machine);
[[nodiscard]] SeccompInfo survey_seccomp(FdView root);
[[nodiscard]] SecurityInfo survey_security(FdView root);
[[nodiscard]] ResctrlInfo survey_resctrl(FdView root);

/// Whether the directory, or the nearest that is there, can be written to.
[[nodiscard]] StateRootInfo survey_state_root(FdView root, const std::string& path);

}  // namespace oci::host
