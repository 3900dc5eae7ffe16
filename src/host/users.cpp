// SPDX-License-Identifier: Apache-2.0
#include "host/users.hpp"

#include "base/passwd_text.hpp"
#include "kernel/files.hpp"
#include "kernel/text_file.hpp"

namespace oci::host {

std::string user_name(uid_t uid) {
    if (uid == 0) return "root";
    constexpr std::size_t largest = 1U << 20U;
    const auto text = kernel::read_text(kernel::here, "/etc/passwd", largest);
    return user_name_in(text ? text.value() : std::string{}, uid);
}

}  // namespace oci::host
