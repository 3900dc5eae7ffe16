// SPDX-License-Identifier: Apache-2.0
#include "base/mountinfo.hpp"

#include <optional>
#include <utility>

#include "base/text.hpp"

namespace oci {
namespace {

/// The kernel writes space, tab, newline and backslash as three octal digits.
std::string unescaped(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto code = text[i] == '\\' ? parse_number<unsigned>(text.substr(i + 1, 3), 8)
                                          : std::optional<unsigned>{};
        plain += code ? static_cast<char>(*code) : text[i];
        if (code) i += 3;
    }
    return plain;
}

}  // namespace

std::vector<MountLine> parse_mountinfo(std::string_view text) {
    constexpr std::size_t root = 3;  // the fourth field, and the fifth
    constexpr std::size_t mount_point = 4;
    std::vector<MountLine> mounts;
    for (const std::string_view line : split(text, '\n')) {
        const std::size_t separator = line.find(" - ");
        if (separator == std::string_view::npos) continue;
        const auto fields = split(line.substr(0, separator), ' ');
        if (fields.size() <= mount_point) continue;
        const std::string_view type = split(line.substr(separator + 3), ' ').front();
        mounts.push_back({unescaped(fields[root]), unescaped(fields[mount_point]), type});
    }
    return mounts;
}

}  // namespace oci
