// SPDX-License-Identifier: Apache-2.0
#include "kernel/sys_result.hpp"

#include <cctype>
#include <cstring>

namespace oci::kernel {

std::string errno_text(int code) {
    std::string text = std::strerror(code);
    if (!text.empty())
        text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
    return text;
}

SysError::operator Error() const {
    return {.kind = ErrorKind::System,
            .message = std::string{call} + ": " + errno_text(code),
            .number = code};
}

}  // namespace oci::kernel
