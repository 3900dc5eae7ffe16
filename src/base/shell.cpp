// SPDX-License-Identifier: Apache-2.0
#include "base/shell.hpp"

namespace oci {

std::string shell_quoted(std::string_view text) {
    constexpr std::string_view plain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:@%+=,";
    const bool is_plain =
        text.find_first_not_of(plain) == std::string_view::npos && !text.starts_with('-');
    if (!text.empty() && is_plain) return std::string{text};
    std::string quoted = "'";
    for (const char c : text) quoted += c == '\'' ? std::string{"'\\''"} : std::string(1, c);
    return quoted + "'";
}

}  // namespace oci
