// SPDX-License-Identifier: Apache-2.0
#include "base/flat_json.hpp"

#include <algorithm>
#include <charconv>

namespace oci {
namespace {

struct Escape {
    char letter;
    char meaning;
};
constexpr std::array escapes{Escape{'"', '"'},  Escape{'\\', '\\'}, Escape{'/', '/'},
                             Escape{'b', '\b'}, Escape{'f', '\f'},  Escape{'n', '\n'},
                             Escape{'r', '\r'}, Escape{'t', '\t'}};

constexpr unsigned first_surrogate = 0xD800;
constexpr unsigned last_surrogate = 0xDFFF;

constexpr bool is_control(char byte) { return static_cast<unsigned char>(byte) < 0x20; }

}  // namespace

bool FlatJson::read(std::string_view text) noexcept {
    if (text.size() > largest) return false;
    left_ = text;
    skip_blanks();
    if (!take("{")) return false;
    skip_blanks();
    if (!take("}")) {
        do {
            if (!read_member()) return false;
        } while (take(","));
        if (!take("}")) return false;
    }
    skip_blanks();
    return left_.empty();
}

bool FlatJson::read_member() noexcept {
    skip_blanks();
    if (count_ == members_.size()) return false;
    Member& member = members_[count_];
    const auto name = read_string();
    if (!name) return false;
    member.name = *name;
    for (std::size_t i = 0; i < count_; ++i)
        if (members_[i].name == *name) return false;
    skip_blanks();
    if (!take(":")) return false;
    skip_blanks();
    if (!read_value(member)) return false;
    ++count_;
    skip_blanks();
    return true;
}

bool FlatJson::read_value(Member& member) noexcept {
    if (left_.starts_with('"')) {
        const auto text = read_string();
        if (!text) return false;
        member.text = *text;
        member.kind = Kind::Text;
        return true;
    }
    member.kind = Kind::Truth;
    member.number = left_.starts_with('t') ? 1 : 0;
    if (take("true") || take("false")) return true;
    return read_number(member);
}

bool FlatJson::read_number(Member& member) noexcept {
    member.kind = Kind::Number;
    const std::size_t sign = left_.starts_with('-') ? 1 : 0;
    const std::string_view digits = left_.substr(sign);
    if (digits.size() > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9') return false;
    const char* const end = left_.data() + left_.size();
    const auto [stop, error] = std::from_chars(left_.data(), end, member.number);
    if (error != std::errc{}) return false;
    left_.remove_prefix(static_cast<std::size_t>(stop - left_.data()));
    return true;
}

std::optional<std::string_view> FlatJson::read_string() noexcept {
    if (!take("\"")) return std::nullopt;
    const std::size_t begin = kept_size_;
    while (!left_.empty() && !left_.starts_with('"')) {
        const char byte = left_.front();
        if (is_control(byte)) return std::nullopt;
        left_.remove_prefix(1);
        if (byte == '\\' ? !read_escape() : !keep(byte)) return std::nullopt;
    }
    if (!take("\"")) return std::nullopt;
    return std::string_view{kept_.data() + begin, kept_size_ - begin};
}

bool FlatJson::read_escape() noexcept {
    if (left_.empty()) return false;
    const char letter = left_.front();
    left_.remove_prefix(1);
    if (letter != 'u') {
        const auto* const known = std::ranges::find(escapes, letter, &Escape::letter);
        return known != escapes.end() && keep(known->meaning);
    }
    constexpr std::size_t digits = 4;
    if (left_.size() < digits) return false;
    unsigned point = 0;
    const auto [stop, error] = std::from_chars(left_.data(), left_.data() + digits, point, 16);
    if (error != std::errc{} || stop != left_.data() + digits) return false;
    left_.remove_prefix(digits);
    // Beyond the first plane, texts are written as they are; a NUL would end a path early.
    if (point == 0 || (point >= first_surrogate && point <= last_surrogate)) return false;
    if (point < 0x80) return keep(static_cast<char>(point));
    if (point < 0x800)
        return keep(static_cast<char>(0xC0U | (point >> 6U))) &&
               keep(static_cast<char>(0x80U | (point & 0x3FU)));
    return keep(static_cast<char>(0xE0U | (point >> 12U))) &&
           keep(static_cast<char>(0x80U | ((point >> 6U) & 0x3FU))) &&
           keep(static_cast<char>(0x80U | (point & 0x3FU)));
}

bool FlatJson::keep(char byte) noexcept {
    if (kept_size_ == kept_.size()) return false;
    kept_[kept_size_++] = byte;
    return true;
}

bool FlatJson::take(std::string_view word) noexcept {
    if (!left_.starts_with(word)) return false;
    left_.remove_prefix(word.size());
    return true;
}

void FlatJson::skip_blanks() noexcept {
    left_.remove_prefix(std::min(left_.find_first_not_of(" \t\r\n"), left_.size()));
}

const FlatJson::Member* FlatJson::find(std::string_view name, Kind kind) const noexcept {
    for (std::size_t i = 0; i < count_; ++i)
        if (members_[i].name == name) return members_[i].kind == kind ? &members_[i] : nullptr;
    return nullptr;
}

std::optional<std::string_view> FlatJson::text(std::string_view name) const noexcept {
    const Member* const found = find(name, Kind::Text);
    if (found == nullptr) return std::nullopt;
    return found->text;
}

std::optional<std::int64_t> FlatJson::number(std::string_view name) const noexcept {
    const Member* const found = find(name, Kind::Number);
    if (found == nullptr) return std::nullopt;
    return found->number;
}

std::optional<bool> FlatJson::truth(std::string_view name) const noexcept {
    const Member* const found = find(name, Kind::Truth);
    if (found == nullptr) return std::nullopt;
    return found->number != 0;
}

bool FlatJson::has_only(std::initializer_list<std::string_view> names) const noexcept {
    for (std::size_t i = 0; i < count_; ++i)
        if (std::find(names.begin(), names.end(), members_[i].name) == names.end()) return false;
    return true;
}

FlatJsonWriter& FlatJsonWriter::text(std::string_view name, std::string_view value) noexcept {
    begin_member(name);
    put_string(value);
    return *this;
}

FlatJsonWriter& FlatJsonWriter::number(std::string_view name, std::int64_t value) noexcept {
    begin_member(name);
    std::array<char, 24> digits;
    const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), value);
    put(std::string_view{digits.data(), static_cast<std::size_t>(written.ptr - digits.data())});
    return *this;
}

FlatJsonWriter& FlatJsonWriter::truth(std::string_view name, bool value) noexcept {
    begin_member(name);
    put(value ? std::string_view{"true"} : std::string_view{"false"});
    return *this;
}

std::string_view FlatJsonWriter::finish() noexcept {
    put('}');
    return fits_ ? std::string_view{buffer_.data(), size_} : std::string_view{};
}

void FlatJsonWriter::put(char byte) noexcept {
    fits_ = fits_ && size_ < buffer_.size();
    if (fits_) buffer_[size_++] = byte;
}

void FlatJsonWriter::put(std::string_view bytes) noexcept {
    for (const char byte : bytes) put(byte);
}

void FlatJsonWriter::put_string(std::string_view text) noexcept {
    constexpr std::string_view digits = "0123456789abcdef";
    put('"');
    for (const char byte : text) {
        if (byte == '"' || byte == '\\') put('\\');
        if (!is_control(byte)) {
            put(byte);
            continue;
        }
        const auto value = static_cast<unsigned char>(byte);
        put("\\u00");
        put(digits[value >> 4U]);
        put(digits[value & 0xFU]);
    }
    put('"');
}

void FlatJsonWriter::begin_member(std::string_view name) noexcept {
    if (has_sibling_) put(',');
    has_sibling_ = true;
    put_string(name);
    put(':');
}

}  // namespace oci
