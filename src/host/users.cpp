// SPDX-License-Identifier: Apache-2.0
#include "host/users.hpp"

#include "base/text.hpp"
#include "kernel/files.hpp"
#include "kernel/text_file.hpp"

namespace oci::host {

std::string user_name(uid_t uid) {
    if (uid == 0) return "root";
    constexpr std::size_t largest = 1U << 20U;
    const auto text = kernel::read_text(kernel::here, "/etc/passwd", largest);
    if (text)
        for (const std::string_view line : split(text.value(), '\n')) {
            const auto fields = split(line, ':');
            if (fields.size() > 2 && parse_number<uid_t>(fields[2]) == uid)
                return std::string{fields[0]};
        }
    return std::to_string(uid);
}

}  // namespace oci::host
