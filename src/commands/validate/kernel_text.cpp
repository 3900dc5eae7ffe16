// SPDX-License-Identifier: Apache-2.0
#include "commands/validate/kernel_text.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "kernel/text_file.hpp"

namespace oci::commands {

bool exists(const std::string& path) {
    return static_cast<bool>(kernel::status_behind(kernel::here, path.c_str()));
}

std::string text_of(const std::string& path) {
    constexpr std::size_t enough = 65536;
    auto text = kernel::read_text(kernel::here, path.c_str(), enough);
    return text ? std::move(text).value() : std::string{};
}

bool has_word(std::string_view text, std::string_view word) {
    constexpr std::string_view blanks = " \t\n";
    for (std::size_t at = text.find_first_not_of(blanks); at != std::string_view::npos;
         at = text.find_first_not_of(blanks, at)) {
        const std::size_t end = std::min(text.find_first_of(blanks, at), text.size());
        if (text.substr(at, end - at) == word) return true;
        at = end;
    }
    return false;
}

bool needs_device(std::string_view filesystems, std::string_view type) {
    if (type.empty()) return false;
    for (const std::string_view line : split(filesystems, '\n'))
        if (line.starts_with('\t') && line.substr(1) == type) return true;
    return false;
}

}  // namespace oci::commands
