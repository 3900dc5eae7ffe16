// SPDX-License-Identifier: Apache-2.0
#include "serve/containers/reader.hpp"

#include <fmt/format.h>

namespace oci::serve {
namespace {

using spec::Value;

bool is_fit(std::string_view text) { return text.find('\0') == std::string_view::npos; }

}  // namespace

Reader::Reader(const Value& of, std::string pointer, Mistakes& mistakes)
    : object_{std::get_if<Value::Object>(&of.content)},
      pointer_{std::move(pointer)},
      mistakes_{mistakes} {
    if (object_ == nullptr) mistakes_.emplace_back(pointer_, "has to be an object");
}

const Value* Reader::find(std::string_view key) {
    asked_.emplace(key);
    if (object_ == nullptr) return nullptr;
    for (const spec::Member& each : *object_)
        if (each.key == key)
            return std::holds_alternative<std::monostate>(each.value.content) ? nullptr
                                                                              : &each.value;
    return nullptr;
}

std::string Reader::pointer_to(std::string_view key) const {
    return pointer_ + spec::pointer_step(key);
}

void Reader::mistake(std::string_view key, std::string_view why) {
    mistakes_.emplace_back(pointer_to(key), why);
}

std::optional<std::string> Reader::text(std::string_view key) {
    const Value* value = find(key);
    if (value == nullptr) return std::nullopt;
    const auto* text = std::get_if<std::string>(&value->content);
    if (text != nullptr && is_fit(*text)) return *text;
    mistake(key, "has to be a text");
    return std::nullopt;
}

std::optional<bool> Reader::flag(std::string_view key) {
    const Value* value = find(key);
    if (value == nullptr) return std::nullopt;
    if (const auto* flag = std::get_if<bool>(&value->content)) return *flag;
    mistake(key, "has to be true or false");
    return std::nullopt;
}

std::optional<std::uint64_t> Reader::number(std::string_view key, std::uint64_t most) {
    const Value* value = find(key);
    if (value == nullptr) return std::nullopt;
    const auto* number = std::get_if<std::uint64_t>(&value->content);
    if (number != nullptr && *number <= most) return *number;
    mistake(key, fmt::format("has to be a whole number from 0 to {}", most));
    return std::nullopt;
}

std::vector<const Value*> Reader::elements(std::string_view key) {
    const Value* value = find(key);
    if (value == nullptr) return {};
    const auto* array = std::get_if<Value::Array>(&value->content);
    std::vector<const Value*> all;
    if (array == nullptr)
        mistake(key, "has to be an array");
    else
        for (const Value& each : *array) all.push_back(&each);
    return all;
}

std::optional<std::vector<std::string>> Reader::texts(std::string_view key) {
    if (find(key) == nullptr) return std::nullopt;
    std::vector<std::string> all;
    for (const Value* each : elements(key)) {
        const auto* text = std::get_if<std::string>(&each->content);
        if (text != nullptr && is_fit(*text))
            all.push_back(*text);
        else
            mistake(key, "has to be an array of texts");
    }
    return all;
}

std::optional<std::map<std::string, std::string>> Reader::words(std::string_view key) {
    const Value* value = find(key);
    if (value == nullptr) return std::nullopt;
    const auto* object = std::get_if<Value::Object>(&value->content);
    std::map<std::string, std::string> all;
    if (object == nullptr) {
        mistake(key, "has to be an object of texts");
        return all;
    }
    for (const spec::Member& each : *object) {
        const auto* text = std::get_if<std::string>(&each.value.content);
        if (text != nullptr)
            all.emplace(each.key, *text);
        else
            mistakes_.emplace_back(pointer_to(key) + spec::pointer_step(each.key),
                                   "has to be a text");
    }
    return all;
}

void Reader::finish() {
    if (object_ == nullptr) return;
    for (const spec::Member& each : *object_)
        if (!asked_.contains(each.key)) mistake(each.key, "is not known");
}

}  // namespace oci::serve
