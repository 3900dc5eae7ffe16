// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/systemd/limits.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

#include "base/index_list.hpp"
#include "base/text.hpp"

namespace oci::cgroups::systemd {
namespace {

constexpr std::uint64_t infinity = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t second = 1'000'000;  // microseconds

/// A property that a file of cgroup v2 stands for.
struct Mapping {
    std::string_view file;
    std::string_view property;
    unsigned since;  ///< The version of systemd.
    std::optional<Value> (*convert)(std::string_view text);
    bool is_for_new_scopes = false;  ///< Slices have none, and it is settled with the start.
};

/// A number with K, M, G or T behind it, as the kernel reads sizes, or "max".
std::optional<std::uint64_t> size_in(std::string_view text) {
    text = trim(text);
    if (text == "max") return infinity;
    unsigned shift = 0;
    constexpr std::string_view suffixes = "KkMmGgTt";
    if (const std::size_t at = text.empty() ? std::string_view::npos : suffixes.find(text.back());
        at != std::string_view::npos) {
        shift = 10 * (1 + static_cast<unsigned>(at) / 2);
        text.remove_suffix(1);
    }
    const auto number = parse_number<std::uint64_t>(text);
    if (!number || *number > infinity >> shift) return std::nullopt;
    return *number << shift;
}

std::optional<Value> size(std::string_view text) {
    const auto number = size_in(text);
    if (!number) return std::nullopt;
    return uint64(*number);
}

/// Of these systemd takes no zero.
std::optional<Value> size_not_zero(std::string_view text) {
    const auto number = size_in(text);
    if (!number || *number == 0) return std::nullopt;
    return uint64(*number);
}

std::optional<Value> tasks(std::string_view text) {
    const auto number = size_in(text);
    if (!number) return std::nullopt;
    return uint64(std::max<std::uint64_t>(*number, 1));
}

std::optional<Value> weight(std::string_view text) {
    text = trim(text);
    if (text.starts_with("default ")) text = trim(text.substr(8));
    const auto number = parse_number<std::uint64_t>(text);
    if (!number || *number < 1 || *number > 10'000) return std::nullopt;
    return uint64(*number);
}

/// What stops being idle has the weight that one has whose weight nobody has set.
std::optional<Value> idle(std::string_view text) {
    if (trim(text) == "1") return uint64(0);
    if (trim(text) == "0") return uint64(infinity);
    return std::nullopt;
}

struct Bandwidth {
    std::uint64_t quota = infinity;
    std::uint64_t period = 0;  ///< 0: not given.
};

std::optional<Bandwidth> bandwidth_in(std::string_view text) {
    const auto words = split(trim(text), ' ');
    const auto quota = size_in(words.front());
    if (!quota || words.size() > 2) return std::nullopt;
    if (words.size() == 1) return Bandwidth{*quota, 0};
    const auto period = parse_number<std::uint64_t>(words[1]);
    if (!period || *period == 0 || *period > second) return std::nullopt;
    return Bandwidth{*quota, *period};
}

/// Rounded up to a step: systemd writes down how many per cent of a processor it is.
std::optional<Value> quota_in_steps(std::string_view text, std::uint64_t step) {
    constexpr std::uint64_t default_period = 100'000;
    const auto bandwidth = bandwidth_in(text);
    if (!bandwidth) return std::nullopt;
    if (bandwidth->quota == infinity) return uint64(infinity);
    const std::uint64_t period = bandwidth->period == 0 ? default_period : bandwidth->period;
    if (bandwidth->quota > infinity / second) return std::nullopt;
    const std::uint64_t per_second = bandwidth->quota * second / period;
    return uint64((per_second + step - 1) / step * step);
}

std::optional<Value> quota_in_per_cent(std::string_view text) {
    return quota_in_steps(text, 10'000);
}

/// With two digits behind the point.
std::optional<Value> quota_in_hundredths(std::string_view text) {
    return quota_in_steps(text, 100);
}

std::optional<Value> quota_period(std::string_view text) {
    const auto bandwidth = bandwidth_in(text);
    if (!bandwidth || bandwidth->period == 0) return std::nullopt;
    return uint64(bandwidth->period);
}

/// A bit for each number, the lowest byte first.
std::optional<Value> mask(std::string_view text) {
    const auto ranges = parse_index_list(trim(text));
    if (!ranges || ranges->empty()) return std::nullopt;
    std::vector<std::uint8_t> list;
    for (const IndexRange& range : *ranges)
        for (unsigned index = range.first; index <= range.last; ++index) {
            if (list.size() <= index / 8) list.resize(index / 8 + 1);
            list[index / 8] = static_cast<std::uint8_t>(list[index / 8] | 1U << index % 8);
        }
    return bytes(list);
}

std::optional<Value> oom_policy(std::string_view text) {
    return string(trim(text) == "1" ? "kill" : "continue");
}

constexpr std::array mappings{
    Mapping{"memory.max", "MemoryMax", 0, size_not_zero},
    Mapping{"memory.high", "MemoryHigh", 0, size_not_zero},
    Mapping{"memory.low", "MemoryLow", 0, size},
    Mapping{"memory.min", "MemoryMin", 240, size},
    Mapping{"memory.swap.max", "MemorySwapMax", 0, size},
    Mapping{"memory.zswap.max", "MemoryZSwapMax", 253, size},
    Mapping{"memory.oom.group", "OOMPolicy", 253, oom_policy, true},
    Mapping{"cpu.weight", "CPUWeight", 0, weight},
    Mapping{"cpu.idle", "CPUWeight", 252, idle},
    Mapping{"cpu.max", "CPUQuotaPerSecUSec", 0, quota_in_per_cent},
    Mapping{"cpu.max", "CPUQuotaPerSecUSec", 257, quota_in_hundredths},
    Mapping{"cpu.max", "CPUQuotaPeriodUSec", 242, quota_period},
    Mapping{"cpuset.cpus", "AllowedCPUs", 244, mask},
    Mapping{"cpuset.mems", "AllowedMemoryNodes", 244, mask},
    Mapping{"pids.max", "TasksMax", 0, tasks},
    Mapping{"io.weight", "IOWeight", 0, weight},
};

// ---- values for one device each ----------------------------------------------------

struct Throttle {
    std::string_view key;
    std::string_view property;
};
constexpr std::array throttles{
    Throttle{"rbps", "IOReadBandwidthMax"},
    Throttle{"wbps", "IOWriteBandwidthMax"},
    Throttle{"riops", "IOReadIOPSMax"},
    Throttle{"wiops", "IOWriteIOPSMax"},
};

bool is_device_number(std::string_view word) {
    const std::size_t colon = word.find(':');
    return colon != std::string_view::npos && parse_number<unsigned>(word.substr(0, colon)) &&
           parse_number<unsigned>(word.substr(colon + 1));
}

void add_for_device(Properties& properties, std::string_view property, std::string_view device,
                    std::uint64_t value) {
    auto found = std::ranges::find(properties, property, &Property::name);
    if (found == properties.end()) {
        properties.push_back({std::string{property}, array("(st)", {})});
        found = std::prev(properties.end());
    }
    found->value.items.push_back(
        tuple({string("/dev/block/" + std::string{device}), uint64(value)}));
}

void add_throttles(Properties& properties, const std::vector<std::string_view>& words) {
    for (std::size_t i = 1; i < words.size(); ++i)
        for (const Throttle& throttle : throttles) {
            const std::size_t equals = words[i].find('=');
            if (equals == std::string_view::npos || words[i].substr(0, equals) != throttle.key)
                continue;
            if (const auto rate = size_in(words[i].substr(equals + 1)); rate && *rate > 0)
                add_for_device(properties, throttle.property, words[0], *rate);
        }
}

/// What a write to io.weight or io.max says of one device.
void add_device_lines(Properties& properties, std::string_view file, std::string_view text) {
    const auto words = split(trim(text), ' ');
    if (!is_device_number(words.front())) return;
    if (file == "io.max") add_throttles(properties, words);
    if (file != "io.weight" || words.size() != 2) return;
    if (const auto value = weight(words[1]))
        add_for_device(properties, "IODeviceWeight", words[0], value->number);
}

/// io.bfq.weight has a scale of its own; systemd knows io.weight.
bool is_instead(const Write& write) { return write.other_file == "io.weight"; }

std::string_view file_of(const Write& write) {
    return is_instead(write) ? write.other_file : write.file;
}

std::string_view value_of(const Write& write) {
    return is_instead(write) ? write.other_value : write.value;
}

bool is_set(const Properties& properties, std::string_view name) {
    return std::ranges::find(properties, name, &Property::name) != properties.end();
}

bool is_known(const Mapping& mapping, const Listener& listener) {
    if (mapping.since > listener.version) return false;
    return !mapping.is_for_new_scopes || (!listener.is_slice && !listener.is_running);
}

bool is_file_of(const Properties& properties, std::string_view file) {
    const bool has_one = std::ranges::any_of(mappings, [&](const Mapping& mapping) {
        return mapping.file == file && is_set(properties, mapping.property);
    });
    const bool throttled = file == "io.max" && std::ranges::any_of(throttles, [&](const auto& one) {
                               return is_set(properties, one.property);
                           });
    return has_one || throttled || (file == "io.weight" && is_set(properties, "IODeviceWeight"));
}

}  // namespace

Properties properties_of(const Writes& writes, const Listener& listener) {
    Properties properties;
    for (const Write& write : writes) {
        const std::string_view file = file_of(write);
        for (const Mapping& mapping : mappings) {
            if (mapping.file != file || !is_known(mapping, listener)) continue;
            auto value = mapping.convert(value_of(write));
            // Not to be idle says nothing against a weight that is given.
            const bool is_spare = file == "cpu.idle" && value == uint64(infinity);
            if (!value || (is_spare && is_set(properties, mapping.property))) continue;
            set(properties, {std::string{mapping.property}, std::move(*value)});
        }
        add_device_lines(properties, file, value_of(write));
    }
    return properties;
}

bool is_narrow(const Write& write) {
    constexpr std::uint64_t enough = 16;  // anchor, hop, init, hooks
    const auto number = size_in(write.value);
    return write.file == "pids.max" && number && *number < enough;
}

Writes without_files_of(const Properties& properties, const Writes& writes) {
    Writes left;
    for (const Write& write : writes)
        if (!is_file_of(properties, file_of(write))) left.push_back(write);
    return left;
}

}  // namespace oci::cgroups::systemd
