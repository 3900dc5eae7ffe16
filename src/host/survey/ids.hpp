// SPDX-License-Identifier: Apache-2.0
//
// ids: which ids the caller may give to a container, and user namespaces to
// have them in.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string_view>
#include <vector>

#include "oci-rt/info.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::host {

/// Those of a text like /etc/subuid that belong to a user, named by name or by number.
[[nodiscard]] std::vector<IdRange> id_ranges_of(std::string_view text, const UserInfo& user);

/// Whether ids from `first` on all come from one of these ranges.
[[nodiscard]] bool is_granted(const std::vector<IdRange>& granted, std::uint32_t first,
                              std::uint32_t count);

/// The first id, of those that useradd(8) deals out, behind all that are dealt out.
[[nodiscard]] std::uint32_t first_free_id(std::string_view subuid, std::string_view subgid);

[[nodiscard]] SubordinateIds survey_ids(FdView root, const UserInfo& user);

/// All but what only the kernel can tell: whether one can be made.
[[nodiscard]] UserNamespaceInfo survey_user_namespace_limits(FdView root);

}  // namespace oci::host
