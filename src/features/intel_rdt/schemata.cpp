// SPDX-License-Identifier: Apache-2.0
#include "features/intel_rdt/schemata.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include "base/text.hpp"

namespace oci::intel_rdt {
namespace {

struct Line {
    std::string_view resource;  ///< "L3", "L3CODE", "MB", …
    std::string_view shares;    ///< "0=7ff;1=ff"
};

std::optional<Line> read_line(std::string_view text) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    return Line{trim(text.substr(0, colon)), trim(text.substr(colon + 1))};
}

std::optional<std::string_view> share_of(const Line& line, unsigned domain) {
    for (const std::string_view part : split(line.shares, ';')) {
        const std::size_t sign = part.find('=');
        if (sign == std::string_view::npos) continue;
        if (parse_number<unsigned>(trim(part.substr(0, sign))) == domain)
            return trim(part.substr(sign + 1));
    }
    return std::nullopt;
}

/// A mask of cache in hexadecimal digits, with or without "0x" and zeros in front.
std::optional<std::uint64_t> mask_in(std::string_view text) {
    if (text.starts_with("0x") || text.starts_with("0X")) text.remove_prefix(2);
    return parse_number<std::uint64_t>(text, 16);
}

std::optional<std::uint64_t> bandwidth_in(std::string_view text, unsigned step) {
    const auto number = parse_number<std::uint64_t>(text);
    if (!number || step <= 1) return number;
    return *number / step * step + (*number % step == 0 ? 0 : step);
}

bool is_same(std::string_view resource, std::string_view one, std::string_view other,
             unsigned step) {
    const bool is_bandwidth = resource.ends_with("MB") || resource == "SMBA";
    const auto read = [&](std::string_view text) {
        return is_bandwidth ? bandwidth_in(text, step) : mask_in(text);
    };
    const auto first = read(one);
    return first ? first == read(other) : one == other;
}

bool gives(const std::vector<Line>& present, const Line& wanted, unsigned step) {
    const auto line = std::ranges::find(present, wanted.resource, &Line::resource);
    if (line == present.end()) return false;
    return std::ranges::all_of(split(wanted.shares, ';'), [&](std::string_view part) {
        if (trim(part).empty()) return true;
        const std::size_t sign = part.find('=');
        if (sign == std::string_view::npos) return false;
        const auto domain = parse_number<unsigned>(trim(part.substr(0, sign)));
        const auto share = domain ? share_of(*line, *domain) : std::nullopt;
        return share && is_same(wanted.resource, *share, trim(part.substr(sign + 1)), step);
    });
}

}  // namespace

std::string combined(std::string_view l3_cache, std::string_view memory_bandwidth) {
    if (memory_bandwidth.empty()) return std::string{l3_cache};
    std::string text;
    for (const std::string_view line : split(l3_cache, '\n')) {
        if (line.empty() || line.starts_with("MB:")) continue;
        text.append(line).push_back('\n');
    }
    return text.append(memory_bandwidth);
}

bool agrees(std::string_view present, std::string_view wanted, unsigned step) {
    std::vector<Line> lines;
    for (const std::string_view text : split(present, '\n'))
        if (const auto line = read_line(text)) lines.push_back(*line);
    return std::ranges::all_of(split(wanted, '\n'), [&](std::string_view text) {
        if (trim(text).empty()) return true;
        const auto line = read_line(text);
        return line && gives(lines, *line, step);
    });
}

}  // namespace oci::intel_rdt
