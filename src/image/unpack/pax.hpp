// SPDX-License-Identifier: Apache-2.0
//
// pax: the records of an extended header (POSIX pax), which say what a tar header has no room for.
#pragma once

#include <optional>
#include <string_view>

#include "image/unpack/tar_entry.hpp"
#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"

namespace oci::image::unpack {

inline constexpr std::size_t largest_pax = std::size_t{1} << 20U;         ///< bytes
inline constexpr std::size_t largest_attribute = std::size_t{64} << 10U;  ///< bytes
inline constexpr std::size_t most_extents = 65536;

struct PaxRecords {
    std::optional<std::string> path{};
    std::optional<std::string> link{};
    std::optional<std::uint64_t> size{};
    std::optional<std::uint64_t> uid{};
    std::optional<std::uint64_t> gid{};
    std::optional<timespec> modified{};
    std::vector<std::pair<std::string, std::string>> attributes{};
    // GNU's sparse files, versions 0.0, 0.1 and 1.0:
    bool sparse = false;
    bool map_is_in_data = false;  ///< 1.0
    std::optional<std::string> sparse_name{};
    std::optional<std::uint64_t> real_size{};
    std::vector<Extent> extents{};
};

/// "LENGTH KEY=VALUE\n", as often as it takes. Unknown keys mean nothing to us; values of paths
/// have no NUL (U25); numbers are decimal; a key that comes again replaces.
[[nodiscard]] Result<PaxRecords> parse_pax(std::string_view text);

/// Those of a global header ('g'). Programs do not agree on whether these mean anything for the
/// entries that follow: one that would is refused, a comment is not.
[[nodiscard]] Result<void> check_global_pax(std::string_view text);

}  // namespace oci::image::unpack
