// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/systemd/value.hpp"

#include <algorithm>
#include <utility>

namespace oci::cgroups::systemd {
namespace {

constexpr int deepest = 32;  // as the specification of D-Bus has it
/// Without h: a descriptor would have to travel with the message.
constexpr std::string_view basic_types = "ybnqiuxtdsog";

bool is_basic(char code) noexcept { return basic_types.find(code) != std::string_view::npos; }

std::size_t length_within(std::string_view signature, int depth) noexcept;

/// Complete types up to a closing bracket; the length includes it. 0: there is something else.
std::size_t length_of_tuple(std::string_view signature, int depth) noexcept {
    std::size_t at = 1;
    while (at < signature.size() && signature[at] != ')') {
        const std::size_t length = length_within(signature.substr(at), depth);
        if (length == 0) return 0;
        at += length;
    }
    return at == 1 || at >= signature.size() ? 0 : at + 1;
}

/// Of an entry "{KV}", which only an array may hold.
std::size_t length_of_entry(std::string_view signature, int depth) noexcept {
    if (signature.size() < 4 || !is_basic(signature[1])) return 0;
    const std::size_t length = length_within(signature.substr(2), depth);
    const std::size_t end = 2 + length;
    return length == 0 || end >= signature.size() || signature[end] != '}' ? 0 : end + 1;
}

std::size_t length_within(std::string_view signature, int depth) noexcept {
    if (signature.empty() || depth > deepest) return 0;
    const char code = signature.front();
    if (is_basic(code) || code == 'v') return 1;
    if (code == '(') return length_of_tuple(signature, depth + 1);
    if (code != 'a') return 0;
    const std::string_view element = signature.substr(1);
    const std::size_t length = element.starts_with('{') ? length_of_entry(element, depth + 1)
                                                        : length_within(element, depth + 1);
    return length == 0 ? 0 : length + 1;
}

Value numeric(const char* type, std::uint64_t value) {
    return {.type = type, .number = value, .text = {}, .items = {}};
}

}  // namespace

Value boolean(bool value) { return numeric("b", value ? 1 : 0); }
Value uint32(std::uint32_t value) { return numeric("u", value); }
Value uint64(std::uint64_t value) { return numeric("t", value); }

Value string(std::string_view text) {
    return {.type = "s", .number = 0, .text = std::string{text}, .items = {}};
}

Value strings(const std::vector<std::string>& texts) {
    Value value = array("s", {});
    for (const std::string& text : texts) value.items.push_back(string(text));
    return value;
}

Value bytes(const std::vector<std::uint8_t>& bytes) {
    Value value = array("y", {});
    for (const std::uint8_t byte : bytes) value.items.push_back(numeric("y", byte));
    return value;
}

Value tuple(std::vector<Value> items) {
    Value value;
    value.type = "(";
    for (const Value& item : items) value.type += item.type;
    value.type += ')';
    value.items = std::move(items);
    return value;
}

Value variant(Value inside) {
    Value value;
    value.type = "v";
    value.items.push_back(std::move(inside));
    return value;
}

Value array(std::string_view element, std::vector<Value> items) {
    Value value;
    value.type = "a";
    value.type += element;
    value.items = std::move(items);
    return value;
}

std::size_t type_length(std::string_view signature) noexcept { return length_within(signature, 0); }

void set(Properties& properties, Property property) {
    const auto same = std::ranges::find(properties, property.name, &Property::name);
    if (same == properties.end())
        properties.push_back(std::move(property));
    else
        *same = std::move(property);
}

Value arguments_of(const Properties& properties) {
    Value list = array("(sv)", {});
    for (const Property& property : properties)
        list.items.push_back(tuple({string(property.name), variant(property.value)}));
    return list;
}

}  // namespace oci::cgroups::systemd
