// SPDX-License-Identifier: Apache-2.0
//
// Making the directories of a cgroup, and enabling controllers on the way to it.
#pragma once

#include <string_view>

#include "features/cgroups/location.hpp"
#include "features/cgroups/writes.hpp"

namespace oci::cgroups {

struct MadeCgroup {
    UniqueFd directory;
    int made_ancestors = 0;
    bool is_new = false;  ///< False: it was there before.
};

/// Makes what is missing of the path. Another container's end may take an ancestor away
/// meanwhile; then it is made again.
kernel::SysResult<MadeCgroup> make_cgroup(const Location& location);

/// Writes cgroup.subtree_control of all ancestors where something is missing: controllers that
/// the writes need must be there, all others are welcome, because engines read their statistics.
Result<void> enable_controllers(const Location& location, const Writes& writes);

/// Nothing but the controllers that the writes need and the cgroup has not: for a cgroup whose
/// ancestors are somebody else's.
Result<void> enable_needed_controllers(const Location& location, const Writes& writes);

}  // namespace oci::cgroups
