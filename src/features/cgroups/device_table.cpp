// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/device_table.hpp"

#include <set>
#include <vector>

namespace oci::cgroups {
namespace {

using Number = std::optional<std::uint32_t>;
using Rules = std::vector<DeviceAccess>;

/// What the rules allow for one device; no number: one that no rule names.
unsigned allowed_bits(const Rules& rules, Number major, Number minor) {
    unsigned allowed = 0;
    for (const DeviceAccess& rule : rules) {
        if (rule.major && rule.major != major) continue;
        if (rule.minor && rule.minor != minor) continue;
        allowed = rule.allow ? allowed | rule.bits : allowed & ~rule.bits;
    }
    return allowed;
}

MinorTable tabulate_minors(const Rules& rules, Number major) {
    Rules fitting;
    for (const DeviceAccess& rule : rules)
        if (!rule.major || rule.major == major) fitting.push_back(rule);
    MinorTable table;
    table.otherwise = allowed_bits(fitting, major, {});
    for (const DeviceAccess& rule : fitting) {
        if (!rule.minor || table.minors.contains(*rule.minor)) continue;
        const unsigned bits = allowed_bits(fitting, major, rule.minor);
        if (bits != table.otherwise) table.minors.emplace(*rule.minor, bits);
    }
    return table;
}

/// The rules for the type, from the last one on that treats all devices alike.
Rules rules_that_count(std::span<const DeviceAccess> rules, char type) {
    constexpr unsigned every_bit = 7;
    Rules counting;
    for (const DeviceAccess& rule : rules) {
        if (rule.type != 'a' && rule.type != type) continue;
        if (!rule.major && !rule.minor && rule.bits == every_bit) counting.clear();
        counting.push_back(rule);
    }
    return counting;
}

}  // namespace

DeviceTable tabulate(std::span<const DeviceAccess> rules, char type) {
    const Rules counting = rules_that_count(rules, type);
    const MinorTable others = tabulate_minors(counting, {});
    DeviceTable table{others, {}};
    std::set<std::uint32_t> majors;
    for (const DeviceAccess& rule : counting)
        if (rule.major) majors.insert(*rule.major);
    for (const std::uint32_t major : majors) {
        MinorTable minors = tabulate_minors(counting, major);
        if (minors != others) table.majors.emplace(major, std::move(minors));
    }
    return table;
}

}  // namespace oci::cgroups
