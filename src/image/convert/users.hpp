// SPDX-License-Identifier: Apache-2.0
//
// users: who "User" of an image is, by the image's own /etc/passwd and /etc/group. They are
// hostile: read within the root, within bounds, and a number is never a name (CVE-2026-46680).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::image {

struct ImageUser {
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::vector<std::uint32_t> additional_gids{};  ///< Of a user by name, without a group.
    std::string home{};                            ///< Empty: passwd says nothing usable.
};

/// "USER[:GROUP]", names or numbers; empty is root. InvalidConfig for a number above 4294967294,
/// NotFound for a name that the files do not have.
[[nodiscard]] Result<ImageUser> find_user(FdView rootfs, std::string_view user);

}  // namespace oci::image
