// SPDX-License-Identifier: Apache-2.0
//
// json: text to a tree of values, for documents that may be hostile. Knows
// nothing of the specification; place.hpp reads typed values out of the tree.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"

namespace oci::spec {

/// A number that is no 64-bit integer ("1.5", "1e3"), as it was written.
struct OddNumber {
    std::string text;
};

struct Member;

/// One value of the tree. Members keep the order of the text; an integer is
/// stored as int64 only if it is negative.
struct Value {
    using Array = std::vector<Value>;
    using Object = std::vector<Member>;

    std::variant<std::monostate, bool, std::int64_t, std::uint64_t, OddNumber, std::string, Array,
                 Object>
        content;
};

struct Member {
    std::string key;
    Value value;
};

inline constexpr std::size_t largest_document = std::size_t{4} * 1024 * 1024;  ///< bytes
inline constexpr std::size_t deepest_nesting = 64;

/// A whole document, which must be an object. Stricter than RFC 8259: no byte
/// order mark, no key twice in an object, no U+0000 in a string or key, and
/// the two limits above.
[[nodiscard]] Result<Value> parse_json(std::string_view text);

/// The same for a text that may be any value, and not only an object.
[[nodiscard]] Result<Value> parse_value(std::string_view text);

/// A key or index as a step of a JSON pointer (RFC 6901), fit for display.
[[nodiscard]] std::string pointer_step(std::string_view key);

}  // namespace oci::spec
