// SPDX-License-Identifier: Apache-2.0
#include "base/explain.hpp"

namespace oci {

std::string pointer_in(ErrorKind kind, const std::string& message) {
    const bool is_about_a_document =
        kind == ErrorKind::InvalidConfig || kind == ErrorKind::Unsupported;
    if (!is_about_a_document || !message.starts_with('/')) return {};
    const std::size_t end = message.find(": ");
    return end == std::string::npos ? std::string{} : message.substr(0, end);
}

}  // namespace oci
