// SPDX-License-Identifier: Apache-2.0
//
// document: a tree of values that is made rather than read: its parts, changes
// at the place of a JSON pointer, and its text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "spec/json.hpp"

namespace oci::spec {

[[nodiscard]] Value text_value(std::string_view text);
[[nodiscard]] Value number_value(std::uint64_t number);
/// The words between spaces, as an array of strings.
[[nodiscard]] Value word_list(std::string_view words);

/// Adds a member; the caller knows that there is none of this key.
void add(Value::Object& object, std::string_view key, Value value);

/// A change of a document.
struct Assignment {
    std::string pointer;  ///< RFC 6901, with "-" for a new last element of an array.
    Value value;          ///< null takes away what is there.
};

/// "POINTER=JSON". The first "=" parts the two.
[[nodiscard]] Result<Assignment> parse_assignment(std::string_view text);

/// Objects that are missing on the way are made; elements of arrays are not. An
/// error names the pointer and leaves the document half changed.
[[nodiscard]] Result<void> assign(Value& document, Assignment assignment);

/// What is at the end of the keys; nullptr if it is absent or null.
[[nodiscard]] const Value* find_below(const Value& document,
                                      const std::vector<std::string_view>& keys);

/// Indented by tabs, with a newline at its end.
[[nodiscard]] std::string document_text(const Value& document);

}  // namespace oci::spec
