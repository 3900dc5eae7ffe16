// SPDX-License-Identifier: Apache-2.0
#include "base/index_list.hpp"

#include <algorithm>
#include <climits>

#include "base/text.hpp"

namespace oci {
namespace {

std::optional<unsigned> parse_index(std::string_view text) {
    const auto number = parse_number<unsigned>(trim(text));
    if (!number || *number > largest_index) return std::nullopt;
    return number;
}

std::optional<IndexRange> parse_range(std::string_view text) {
    const std::size_t dash = text.find('-');
    const auto first = parse_index(text.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : parse_index(text.substr(dash + 1));
    if (!first || !last || *last < *first) return std::nullopt;
    return IndexRange{*first, *last};
}

}  // namespace

std::optional<std::vector<IndexRange>> parse_index_list(std::string_view text) {
    std::vector<IndexRange> ranges;
    if (trim(text).empty()) return ranges;
    for (const std::string_view part : split(text, ',')) {
        const auto range = parse_range(part);
        if (!range) return std::nullopt;
        ranges.push_back(*range);
    }
    return ranges;
}

std::vector<unsigned long> mask_of(const std::vector<IndexRange>& ranges) {
    constexpr unsigned bits = sizeof(unsigned long) * CHAR_BIT;
    std::vector<unsigned long> mask;
    for (const IndexRange& range : ranges) {
        const std::size_t needed = range.last / bits + 1;
        if (mask.size() < needed) mask.resize(needed);
        for (unsigned i = range.first; i <= range.last; ++i) mask[i / bits] |= 1UL << i % bits;
    }
    return mask;
}

unsigned count_indexes(std::vector<IndexRange> ranges) {
    std::ranges::sort(ranges, {}, &IndexRange::first);
    unsigned count = 0;
    unsigned next = 0;  // the first number that is not counted yet
    for (const IndexRange& range : ranges) {
        const unsigned first = std::max(range.first, next);
        if (range.last < first) continue;
        count += range.last - first + 1;
        next = range.last + 1;
    }
    return count;
}

}  // namespace oci
