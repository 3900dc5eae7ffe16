// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/explain.hpp"
#include "base/text.hpp"
#include "spec/validate.hpp"

namespace oci::spec {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_lower(char c) noexcept { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) noexcept { return c >= 'A' && c <= 'Z'; }

/// `[a-z0-9_]+(\.[A-Za-z0-9_-]+)+`: the name of a file of a controller.
bool is_cgroup_file(std::string_view key) {
    const std::vector<std::string_view> parts = split(key, '.');
    if (parts.size() < 2) return false;
    if (std::ranges::any_of(parts, &std::string_view::empty)) return false;
    const bool has_good_controller = std::ranges::all_of(
        parts[0], [](char c) { return is_lower(c) || is_digit(c) || c == '_'; });
    return has_good_controller && std::ranges::all_of(key, [](char c) {
               return is_lower(c) || is_upper(c) || is_digit(c) || c == '_' || c == '-' || c == '.';
           });
}

/// "64KB", "2MB", "1GB": a page size becomes part of a file name.
bool is_page_size(std::string_view text) {
    const std::size_t digits = text.find_first_not_of("0123456789");
    if (digits == 0 || digits == std::string_view::npos || text[0] == '0') return false;
    const std::string_view unit = text.substr(digits);
    return unit == "KB" || unit == "MB" || unit == "GB";
}

void check_unified(const Resources& resources, std::string_view at, Problems& problems) {
    for (const auto& [key, value] : resources.unified)
        if (!is_cgroup_file(key))
            problems.add("{}/unified: \"{}\" is no name of a cgroup file such as memory.high", at,
                         escape_for_display(std::string_view(key).substr(0, 64)));
}

void check_hugepages(const Resources& resources, std::string_view at, Problems& problems) {
    for (std::size_t i = 0; i < resources.hugepage_limits.size(); ++i) {
        const std::string& size = resources.hugepage_limits[i].page_size;
        if (!is_page_size(size))
            problems.add("{}/hugepageLimits/{}/pageSize: must look like 2MB (is \"{}\")", at, i,
                         escape_for_display(std::string_view(size).substr(0, 64)));
    }
}

bool is_weight(std::uint16_t weight) noexcept { return weight >= 10 && weight <= 1000; }

void check_weights(const Resources& resources, std::string_view at, Problems& problems) {
    const BlockIoResources& io = resources.block_io;
    if (io.weight && !is_weight(*io.weight))
        problems.add("{}/blockIO/weight: must be from 10 to 1000 (is {})", at, *io.weight);
    for (const WeightDevice& device : io.weight_devices)
        if (!is_weight(device.weight))
            problems.add("{}/blockIO/weightDevice: {}:{}: weight must be from 10 to 1000 (is {})",
                         at, device.major, device.minor, device.weight);
}

void check_cpu_sets(const Resources& resources, std::string_view at, Problems& problems) {
    for (const auto& [key, set] :
         {std::pair{"cpus", &resources.cpu.cpus}, std::pair{"mems", &resources.cpu.mems}})
        if (set->find_first_not_of("0123456789,-:/") != std::string::npos)
            problems.add("{}/cpu/{}: must be a list like 0-3,7", at, key);
}

void check_rdma(const Resources& resources, std::string_view at, Problems& problems) {
    for (const RdmaLimit& limit : resources.rdma)
        if (limit.device.empty() || limit.device.find_first_of(" \t/") != std::string::npos ||
            has_control_character(limit.device))
            problems.add("{}/rdma: \"{}\" is no name of a device", at,
                         escape_for_display(std::string_view(limit.device).substr(0, 64)));
}

}  // namespace

void validate_resources(const Resources& resources, std::string_view at, Problems& problems) {
    check_unified(resources, at, problems);
    check_hugepages(resources, at, problems);
    check_weights(resources, at, problems);
    check_cpu_sets(resources, at, problems);
    check_rdma(resources, at, problems);
}

}  // namespace oci::spec
