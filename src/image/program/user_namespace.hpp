// SPDX-License-Identifier: Apache-2.0
//
// user namespace: in which a user without privileges is root, and owns the ids of /etc/subuid, so
// that files of an image may have owners. All of a user's images share the one map.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "oci-rt/error.hpp"
#include "oci-rt/info.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/spec.hpp"

namespace oci::image::program {

struct IdMaps {
    std::vector<IdMapping> uids{};
    std::vector<IdMapping> gids{};
};

/// The caller's own id is 0; from 1 on the first range that is granted, if there is one.
[[nodiscard]] std::vector<IdMapping> map_of(std::uint32_t own, const std::vector<IdRange>& granted);

struct Entered {
    std::optional<int> status{};  ///< There: a child has done it all. Else to be done here.
    IdMaps maps{};                ///< Empty for root.
    std::string warning{};
};

/// For root: nothing. For others: goes on in a child, as root of a new namespace, and comes back
/// in the parent with the status of that child.
[[nodiscard]] Result<Entered> enter_user_namespace();

}  // namespace oci::image::program
