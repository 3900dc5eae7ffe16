// SPDX-License-Identifier: Apache-2.0
//
// removal: what is in a directory, and whole trees of it, by descriptors and names without a slash:
// a symlink is removed, never followed.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::image::unpack {

struct Child {
    std::string_view name{};  ///< Ends with '\0'.
    unsigned char type = 0;   ///< DT_*, DT_UNKNOWN on some filesystems.
};

/// Calls `act` with each entry but "." and "..", which it may remove. `path` is for messages.
[[nodiscard]] Result<void> for_each_child(FdView directory, std::string_view path,
                                          const std::function<Result<void>(const Child&)>& act);

/// Whether it was a directory: with all that was in it.
[[nodiscard]] Result<bool> remove_all(FdView directory, const char* name, std::string_view path);

}  // namespace oci::image::unpack
