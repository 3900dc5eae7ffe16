// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/systemd/wire.hpp"

#include <utility>

#include "base/explain.hpp"
#include "base/text.hpp"

namespace oci::cgroups::systemd::wire {
namespace {

constexpr int deepest = 64;

/// Also the size of the types that are numbers.
std::size_t alignment_of(char code) noexcept {
    switch (code) {
        case 'n':
        case 'q': return 2;
        case 'b':
        case 'i':
        case 'u':
        case 's':
        case 'o':
        case 'a': return 4;
        case 'x':
        case 't':
        case 'd':
        case '(':
        case '{': return 8;
        default: return 1;
    }
}

/// To 64 bits, as values keep it.
std::uint64_t with_sign(char code, std::uint64_t number) noexcept {
    if (code == 'n') return static_cast<std::uint64_t>(static_cast<std::int16_t>(number));
    if (code == 'i') return static_cast<std::uint64_t>(static_cast<std::int32_t>(number));
    return number;
}

Failure<Error> malformed(std::string_view why) {
    return fail(ErrorKind::System, "not a message of D-Bus: {}", why);
}

}  // namespace

void Writer::align(std::size_t boundary) {
    bytes_.append((boundary - bytes_.size() % boundary) % boundary, '\0');
}

void Writer::put_number(std::uint64_t number, std::size_t size) {
    align(size);
    for (std::size_t i = 0; i < size; ++i) bytes_ += static_cast<char>(number >> (8 * i) & 0xffU);
}

void Writer::put_array(const Value& value) {
    put_number(0, 4);
    const std::size_t length_at = bytes_.size() - 4;
    align(alignment_of(value.type[1]));  // also before no item; not part of the length
    const std::size_t begin = bytes_.size();
    for (const Value& item : value.items) put(item);
    const std::size_t length = bytes_.size() - begin;
    for (std::size_t i = 0; i < 4; ++i)
        bytes_[length_at + i] = static_cast<char>(length >> (8 * i) & 0xffU);
}

void Writer::put(const Value& value) {
    const char code = value.type.front();
    switch (code) {
        case 's':
        case 'o':
            put_number(value.text.size(), 4);
            bytes_ += value.text;
            bytes_ += '\0';
            return;
        case 'g':
            put_number(value.text.size(), 1);
            bytes_ += value.text;
            bytes_ += '\0';
            return;
        case 'v': {
            const Value& inside = value.items.front();
            put({.type = "g", .number = 0, .text = inside.type, .items = {}});
            put(inside);
            return;
        }
        case 'a': put_array(value); return;
        case '(':
        case '{':
            align(8);
            for (const Value& item : value.items) put(item);
            return;
        default: put_number(value.number, alignment_of(code));
    }
}

Result<void> Reader::align(std::size_t boundary) {
    const std::size_t aligned = (at_ + boundary - 1) / boundary * boundary;
    if (aligned > bytes_.size()) return malformed("it is cut off");
    for (; at_ < aligned; ++at_)
        if (bytes_[at_] != '\0') return malformed("its padding is not zero");
    return {};
}

Result<std::uint64_t> Reader::take_number(std::size_t size) {
    OCI_TRY(align(size));
    if (at_ > bytes_.size() || bytes_.size() - at_ < size) return malformed("it is cut off");
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < size; ++i) {
        const std::size_t place = is_little_ ? i : size - 1 - i;
        number |= std::uint64_t{static_cast<unsigned char>(bytes_[at_ + i])} << (8 * place);
    }
    at_ += size;
    return number;
}

Result<std::uint64_t> Reader::take_signed(char code) {
    const std::uint64_t number = OCI_TRY(take_number(alignment_of(code)));
    return with_sign(code, number);
}

Result<std::string> Reader::take_text(std::size_t size_of_length) {
    const std::uint64_t length = OCI_TRY(take_number(size_of_length));
    if (bytes_.size() - at_ <= length) return malformed("it is cut off");
    std::string text{bytes_.substr(at_, length)};
    at_ += length;
    if (bytes_[at_++] != '\0') return malformed("a text has no end");
    if (text.find('\0') != std::string::npos || !is_utf8(text))
        return malformed("a text is not UTF-8");
    return text;
}

Result<void> Reader::take_array(Value& value, int depth) {
    const std::string_view element = std::string_view{value.type}.substr(1);
    const std::uint64_t length = OCI_TRY(take_number(4));
    OCI_TRY(align(alignment_of(element.front())));
    if (bytes_.size() - at_ < length) return malformed("it is cut off");
    const std::size_t end = at_ + length;
    while (at_ < end) {
        Value item = OCI_TRY(take(element, depth));
        value.items.push_back(std::move(item));
    }
    if (at_ != end) return malformed("an array has another length than it says");
    return {};
}

Result<void> Reader::take_tuple(Value& value, int depth) {
    OCI_TRY(align(8));
    std::string_view inside = std::string_view{value.type}.substr(1);
    inside.remove_suffix(1);
    while (!inside.empty()) {
        const std::size_t size = type_length(inside);
        if (size == 0) return malformed("its signature is none");
        Value item = OCI_TRY(take(inside.substr(0, size), depth));
        value.items.push_back(std::move(item));
        inside.remove_prefix(size);
    }
    return {};
}

Result<void> Reader::take_variant(Value& value, int depth) {
    const std::string type = OCI_TRY(take_text(1));
    if (type.empty() || type_length(type) != type.size())
        return malformed("a variant is of no single type");
    Value inside = OCI_TRY(take(type, depth));
    value.items.push_back(std::move(inside));
    return {};
}

Result<Value> Reader::take(std::string_view type, int depth) {
    if (depth > deepest) return malformed("it is too deep");
    Value value;
    value.type = type;
    const char code = type.front();
    if (code == 'v')
        OCI_TRY(take_variant(value, depth + 1));
    else if (code == 'a')
        OCI_TRY(take_array(value, depth + 1));
    else if (code == '(' || code == '{')
        OCI_TRY(take_tuple(value, depth + 1));
    else if (code == 's' || code == 'o')
        value.text = OCI_TRY(take_text(4));
    else if (code == 'g')
        value.text = OCI_TRY(take_text(1));
    else
        value.number = OCI_TRY(take_signed(code));
    return value;
}

}  // namespace oci::cgroups::systemd::wire
