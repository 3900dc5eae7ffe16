// SPDX-License-Identifier: Apache-2.0
//
// The one thing read from a file of the image: a home directory. Bounded in
// every way, because the image may be hostile (CVE-2022-4318, CVE-2024-9676).
#pragma once

#include <sys/types.h>

#include <span>
#include <string_view>

#include "oci-rt/unique_fd.hpp"

namespace oci::passwd {

/// The home of a user in etc/passwd below root, as a view into the buffer. Empty
/// if there is none that is absolute, printable and fits.
[[nodiscard]] std::string_view home_of(FdView root, uid_t uid, std::span<char> buffer) noexcept;

/// The same for one line; "another user's" is no home either.
[[nodiscard]] std::string_view home_in_line(std::string_view line, uid_t uid) noexcept;

}  // namespace oci::passwd
