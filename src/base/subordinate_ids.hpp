// SPDX-License-Identifier: Apache-2.0
//
// subordinate ids: what texts like /etc/subuid and /etc/subgid (subuid(5)) grant to whom.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string_view>
#include <vector>

#include "oci-rt/info.hpp"

namespace oci {

/// Those of a text like /etc/subuid that belong to a user, named by name or by number.
[[nodiscard]] std::vector<IdRange> id_ranges_of(std::string_view text, std::string_view name,
                                                uid_t uid);

/// Whether ids from `first` on all come from one of these ranges.
[[nodiscard]] bool is_granted(const std::vector<IdRange>& granted, std::uint32_t first,
                              std::uint32_t count);

/// The first id, of those that useradd(8) deals out, behind all that are dealt out.
[[nodiscard]] std::uint32_t first_free_id(std::string_view subuid, std::string_view subgid);

}  // namespace oci
