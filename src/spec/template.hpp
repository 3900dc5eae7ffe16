// SPDX-License-Identifier: Apache-2.0
//
// template: the config.json that `oci-rt spec` prints, a start for one's own.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>

namespace oci::spec {

/// Runs `sh` on a terminal in the directory "rootfs". With the caller's user
/// and group id: for a user without privileges, as root of a user namespace.
[[nodiscard]] std::string template_text(std::optional<std::pair<uid_t, gid_t>> rootless);

}  // namespace oci::spec
