// SPDX-License-Identifier: Apache-2.0
#include "base/json_writer.hpp"

#include "base/text.hpp"

namespace oci {
namespace {

/// JSON is UTF-8, paths are bytes: what is no UTF-8 becomes U+FFFD.
std::string as_utf8(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        std::size_t length = 1;
        while (length <= 4 && length <= text.size() && !is_utf8(text.substr(0, length))) ++length;
        const bool is_sequence = length <= 4 && length <= text.size();
        out += is_sequence ? text.substr(0, length) : "\xEF\xBF\xBD";
        text.remove_prefix(is_sequence ? length : 1);
    }
    return out;
}

}  // namespace

JsonWriter& JsonWriter::key(std::string_view name) {
    value(name);
    out_ += indent_ == 0 ? ":" : ": ";
    follows_key_ = true;
    return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
    return raw(is_utf8(text) ? json_quoted(text) : json_quoted(as_utf8(text)));
}

JsonWriter& JsonWriter::begin(char bracket) {
    separate();
    out_ += bracket;
    ++depth_;
    has_sibling_ = false;
    return *this;
}

JsonWriter& JsonWriter::end(char bracket) {
    --depth_;
    if (has_sibling_) break_line();
    out_ += bracket;
    has_sibling_ = true;
    return *this;
}

JsonWriter& JsonWriter::raw(std::string_view text) {
    separate();
    out_ += text;
    has_sibling_ = true;
    return *this;
}

void JsonWriter::separate() {
    if (follows_key_) {
        follows_key_ = false;
        return;
    }
    if (has_sibling_) out_ += ',';
    if (depth_ > 0) break_line();
}

void JsonWriter::break_line() {
    if (indent_ == 0) return;
    out_ += '\n';
    out_.append(depth_ * indent_, blank_);
}

std::string json_list(const std::vector<std::string>& values) {
    std::string text;
    JsonWriter json{text};
    json.begin_array();
    for (const std::string& value : values) json.value(value);
    json.end_array();
    return text;
}

}  // namespace oci
