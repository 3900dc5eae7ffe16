// SPDX-License-Identifier: Apache-2.0
//
// Writes JSON into a string, value by value, in the order of the calls. The
// caller keeps brackets balanced and puts a key before every value of an object.
#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace oci {

class JsonWriter {
public:
    /// Appends to `out`, which must outlive the writer. Spaces (or another blank)
    /// per level; 0: all on one line.
    explicit JsonWriter(std::string& out, std::size_t indent = 0, char blank = ' ')
        : out_{out}, indent_{indent}, blank_{blank} {}

    JsonWriter& begin_object() { return begin('{'); }
    JsonWriter& end_object() { return end('}'); }
    JsonWriter& begin_array() { return begin('['); }
    JsonWriter& end_array() { return end(']'); }

    JsonWriter& key(std::string_view name);

    JsonWriter& value(std::string_view text);
    JsonWriter& value(const char* text) { return value(std::string_view{text}); }
    JsonWriter& value(const std::string& text) { return value(std::string_view{text}); }
    JsonWriter& value(std::same_as<bool> auto flag) { return raw(flag ? "true" : "false"); }
    template <std::integral Number>
    requires(!std::same_as<Number, bool>) JsonWriter& value(Number number) {
        return raw(fmt::format_int(number).c_str());
    }
    JsonWriter& null() { return raw("null"); }

    /// A value that is JSON already.
    JsonWriter& json(std::string_view text) { return raw(text); }

    /// A key and its value.
    template <typename Value>
    JsonWriter& member(std::string_view name, const Value& content) {
        return key(name).value(content);
    }

    /// A key and an array of texts or numbers.
    template <typename Range>
    JsonWriter& list(std::string_view name, const Range& values) {
        key(name).begin_array();
        for (const auto& each : values) value(each);
        return end_array();
    }

private:
    JsonWriter& begin(char bracket);
    JsonWriter& end(char bracket);
    JsonWriter& raw(std::string_view text);
    void separate();
    void break_line();

    std::string& out_;
    std::size_t indent_;
    char blank_;
    std::size_t depth_ = 0;
    bool has_sibling_ = false;
    bool follows_key_ = false;
};

/// An array of strings, in one line.
[[nodiscard]] std::string json_list(const std::vector<std::string>& values);

}  // namespace oci
