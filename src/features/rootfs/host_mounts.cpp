// SPDX-License-Identifier: Apache-2.0
#include "features/rootfs/host_mounts.hpp"

#include <algorithm>
#include <optional>

#include "base/path.hpp"
#include "base/text.hpp"
#include "kernel/files.hpp"
#include "kernel/text_file.hpp"

namespace oci::rootfs {
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

std::vector<std::string> kernel_filesystems_in(std::string_view mountinfo,
                                               std::string_view except) {
    constexpr std::size_t mount_point = 4;  // proc(5): the fifth field
    std::vector<std::string> found;
    for (const std::string_view line : split(mountinfo, '\n')) {
        const std::size_t separator = line.find(" - ");
        if (separator == std::string_view::npos) continue;
        const std::string_view type = split(line.substr(separator + 3), ' ')[0];
        const auto fields = split(line.substr(0, separator), ' ');
        if ((type != "proc" && type != "sysfs") || fields.size() <= mount_point) continue;
        std::string path = unescaped(fields[mount_point]);
        if (!is_below(path, except)) found.push_back(std::move(path));
    }
    std::ranges::reverse(found);
    return found;
}

kernel::SysResult<std::vector<std::string>> find_kernel_filesystems(std::string_view except) {
    constexpr std::size_t largest = 64U << 20U;
    const std::string text =
        OCI_TRY(kernel::read_text(kernel::here, "/proc/self/mountinfo", largest));
    return kernel_filesystems_in(text, except);
}

}  // namespace oci::rootfs
