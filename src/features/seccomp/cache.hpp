// SPDX-License-Identifier: Apache-2.0
//
// cache: compiled filters by the profile they come from. An entry holds its
// whole key, so neither a collision nor a foreign file can load a wrong filter.
#pragma once

#include <linux/filter.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "features/seccomp/filter.hpp"
#include "oci-rt/spec.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::seccomp {

/// All that the program depends on, as bytes; equal only for equal sections.
[[nodiscard]] std::string cache_key(const Seccomp& section, const Compiler& compiler);

/// Nothing for any trouble; it is noted in the debug log.
[[nodiscard]] std::optional<std::vector<sock_filter>> find_cached(FdView directory,
                                                                  std::string_view key);

/// Trouble is only noted. Keeps the number of files bounded by dropping others.
void put_into_cache(FdView directory, std::string_view key,
                    const std::vector<sock_filter>& program);

}  // namespace oci::seccomp
