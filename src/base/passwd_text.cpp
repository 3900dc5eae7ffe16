// SPDX-License-Identifier: Apache-2.0
#include "base/passwd_text.hpp"

#include "base/text.hpp"

namespace oci {

std::string user_name_in(std::string_view passwd, uid_t uid) {
    for (const std::string_view line : split(passwd, '\n')) {
        const auto fields = split(line, ':');
        if (fields.size() > 2 && parse_number<uid_t>(fields[2]) == uid)
            return std::string{fields[0]};
    }
    return std::to_string(uid);
}

}  // namespace oci
