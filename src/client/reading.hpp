// SPDX-License-Identifier: Apache-2.0
//
// reading: what a service has answered as values, and its refusals as errors. Whatever of it gets
// to a terminal was made harmless here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "client/connection.hpp"
#include "spec/json.hpp"

namespace oci::client {

/// The document of a good answer (200 to 299); else why it was refused. System for what is no JSON.
[[nodiscard]] Result<spec::Value> document_of(const Reply& reply);
/// Of an answer that needs no document.
[[nodiscard]] Result<void> succeeded(const Reply& reply);

/// JSON in which U+0000 may stand, as in what a program has said, for a reader that takes none:
/// U+FFFD comes in its place.
[[nodiscard]] Result<spec::Value> parse_output(std::string_view json);

using Keys = std::vector<std::string_view>;

/// "" unless it is there and a text: as it is.
[[nodiscard]] std::string text_at(const spec::Value& document, const Keys& keys);
/// 0 unless it is there and a whole number.
[[nodiscard]] std::uint64_t number_at(const spec::Value& document, const Keys& keys);
/// None unless it is there and an array.
[[nodiscard]] const spec::Value::Array& list_at(const spec::Value& document, const Keys& keys);

/// Fit for a terminal, and no longer than a table has room for.
[[nodiscard]] std::string shown(std::string_view text);
/// The same of JSON, which says the same afterwards.
[[nodiscard]] std::string shown_json(std::string_view json);
/// Indented, for people and programs.
[[nodiscard]] std::string document_text(const spec::Value& document);

/// Columns of equal width; the first row is the head.
[[nodiscard]] std::string table_text(const std::vector<std::vector<std::string>>& rows);

}  // namespace oci::client
