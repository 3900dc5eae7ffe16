// SPDX-License-Identifier: Apache-2.0
#include "base/subordinate_ids.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "base/text.hpp"

namespace oci {
namespace {

struct Grant {
    std::string_view owner;
    IdRange range;
};

/// "user:100000:65536"
std::optional<Grant> grant_in(std::string_view line) {
    const auto fields = split(trim(line), ':');
    if (fields.size() != 3 || fields[0].empty()) return std::nullopt;
    const auto first = parse_number<std::uint32_t>(fields[1]);
    const auto count = parse_number<std::uint32_t>(fields[2]);
    if (!first || !count || *count == 0) return std::nullopt;
    return Grant{fields[0], {*first, *count}};
}

}  // namespace

std::vector<IdRange> id_ranges_of(std::string_view text, std::string_view name, uid_t uid) {
    const std::string number = std::to_string(uid);
    std::vector<IdRange> ranges;
    for (const std::string_view line : split(text, '\n'))
        if (const auto grant = grant_in(line))
            if (grant->owner == name || grant->owner == number) ranges.push_back(grant->range);
    return ranges;
}

bool is_granted(const std::vector<IdRange>& granted, std::uint32_t first, std::uint32_t count) {
    return std::ranges::any_of(granted, [&](const IdRange& range) {
        return first >= range.first && first - range.first < range.count &&
               count <= range.count - (first - range.first);
    });
}

std::uint32_t first_free_id(std::string_view subuid, std::string_view subgid) {
    // SUB_UID_MIN and SUB_UID_COUNT of login.defs(5).
    constexpr std::uint64_t lowest = 100000;
    constexpr std::uint64_t step = 65536;
    std::uint64_t behind = lowest;
    for (const std::string_view text : {subuid, subgid})
        for (const std::string_view line : split(text, '\n'))
            if (const auto grant = grant_in(line))
                behind = std::max(behind, std::uint64_t{grant->range.first} + grant->range.count);
    const std::uint64_t steps = (behind - lowest + step - 1) / step;
    constexpr std::uint64_t last = 0xffffffffU - step;
    return static_cast<std::uint32_t>(std::min(lowest + steps * step, last));
}

}  // namespace oci
