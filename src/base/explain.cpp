// SPDX-License-Identifier: Apache-2.0
#include "base/explain.hpp"

#include <utility>

namespace oci {

void put_before(Error& error, const std::string& text, std::string_view literal) {
    if (error.pointer.empty() && literal.starts_with('/'))
        error.pointer = text.substr(0, text.find(": "));
    error.message = text + ": " + error.message;
}

std::string pointer_in(ErrorKind kind, const std::string& message) {
    const bool is_about_a_document =
        kind == ErrorKind::InvalidConfig || kind == ErrorKind::Unsupported;
    if (!is_about_a_document || !message.starts_with('/')) return {};
    const std::size_t end = message.find(": ");
    // "/" alone is the document as a whole, which has no pointer but the empty one.
    return end == std::string::npos || end == 1 ? std::string{} : message.substr(0, end);
}

Failure<Error> failure_of(ErrorKind kind, std::string message) {
    std::string pointer = pointer_in(kind, message);
    return Failure{
        Error{.kind = kind, .message = std::move(message), .pointer = std::move(pointer)}};
}

}  // namespace oci
