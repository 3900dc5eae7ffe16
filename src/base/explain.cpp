// SPDX-License-Identifier: Apache-2.0
#include "base/explain.hpp"

namespace oci {

std::string pointer_of(std::string_view literal, const std::string& text) {
    if (!literal.starts_with('/')) return {};
    return text.substr(0, text.find(": "));
}

std::string pointer_in(ErrorKind kind, const std::string& message) {
    const bool is_about_a_document =
        kind == ErrorKind::InvalidConfig || kind == ErrorKind::Unsupported;
    if (!is_about_a_document || !message.starts_with('/')) return {};
    const std::size_t end = message.find(": ");
    // "/" alone is the document as a whole, which has no pointer but the empty one.
    return end == std::string::npos || end == 1 ? std::string{} : message.substr(0, end);
}

}  // namespace oci
