// SPDX-License-Identifier: Apache-2.0
#include "base/membership.hpp"

#include <optional>

#include "base/text.hpp"

namespace oci {
namespace {

/// "8:cpu,cpuacct:/a", "1:name=systemd:/a", "0::/a"
struct Line {
    std::string_view number;
    std::string_view controllers;
    std::string_view path;  ///< It may itself hold colons.
};

std::optional<Line> parse(std::string_view line) {
    const std::size_t first = line.find(':');
    if (first == std::string_view::npos) return std::nullopt;
    const std::size_t second = line.find(':', first + 1);
    if (second == std::string_view::npos) return std::nullopt;
    return Line{line.substr(0, first), line.substr(first + 1, second - first - 1),
                line.substr(second + 1)};
}

}  // namespace

std::string_view cgroup_in(std::string_view membership) {
    for (const std::string_view text : split(membership, '\n'))
        if (const auto line = parse(text); line && line->number == "0" && line->controllers.empty())
            return line->path;
    return {};
}

std::vector<std::string_view> legacy_controllers_in(std::string_view membership) {
    std::vector<std::string_view> found;
    for (const std::string_view text : split(membership, '\n')) {
        const auto line = parse(text);
        if (!line || line->number == "0") continue;
        for (const std::string_view name : split(line->controllers, ','))
            if (!name.starts_with("name=")) found.push_back(name);
    }
    return found;
}

}  // namespace oci
