// SPDX-License-Identifier: Apache-2.0
//
// user namespace: in which a user without privileges is root, and owns the ids of /etc/subuid, so
// that files of an image may have owners. All of a user's images share the one map.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"

namespace oci::image::program {

/// A line of uid_map: ids from `inside` on are those from `outside` on.
struct IdRange {
    std::uint32_t inside = 0;
    std::uint32_t outside = 0;
    std::uint32_t count = 1;
};

struct IdMaps {
    std::vector<IdRange> uids{};
    std::vector<IdRange> gids{};
};

/// The range that /etc/subuid or /etc/subgid has for a user, by name or number.
[[nodiscard]] std::optional<IdRange> subordinate_range(std::string_view text, std::string_view name,
                                                       uid_t uid);

struct Entered {
    std::optional<int> status{};  ///< There: a child has done it all. Else to be done here.
    IdMaps maps{};                ///< Empty for root.
    std::string warning{};
};

/// For root: nothing. For others: goes on in a child, as root of a new namespace, and comes back
/// in the parent with the status of that child.
[[nodiscard]] Result<Entered> enter_user_namespace();

}  // namespace oci::image::program
