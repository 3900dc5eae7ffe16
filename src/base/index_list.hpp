// SPDX-License-Identifier: Apache-2.0
//
// index list: numbers of processors or memory nodes as the kernel writes them,
// "0-3,7" (the list format of cpuset(7)).
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace oci {

struct IndexRange {
    unsigned first = 0;
    unsigned last = 0;  ///< At least first.
};

/// No kernel has more processors or nodes.
inline constexpr unsigned largest_index = 65535;

/// Blanks around numbers are allowed. Nothing if the text is no such list, or
/// goes beyond largest_index; no ranges for an empty text.
[[nodiscard]] std::optional<std::vector<IndexRange>> parse_index_list(std::string_view text);

/// A bit for each number, in words of the machine as the kernel takes them; no longer than the
/// largest number asks for.
[[nodiscard]] std::vector<unsigned long> mask_of(const std::vector<IndexRange>& ranges);

/// How many numbers the ranges hold, each counted once.
[[nodiscard]] unsigned count_indexes(std::vector<IndexRange> ranges);

}  // namespace oci
