// SPDX-License-Identifier: Apache-2.0
//
// newuidmap(1) and newgidmap(1): set-user-ID programs that write the id maps
// which /etc/subuid and /etc/subgid grant to a user.
#pragma once

#include <sys/types.h>

#include <vector>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/spec.hpp"

namespace oci::id_map_helper {

enum class Ids : unsigned char { Users, Groups };

/// Parent: runs the helper for a child that waits in its new user namespace.
Result<void> write_map(Ids ids, pid_t pid, const std::vector<IdMapping>& map);

}  // namespace oci::id_map_helper
