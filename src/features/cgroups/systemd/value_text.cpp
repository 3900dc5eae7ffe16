// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/systemd/value_text.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <utility>

#include "base/explain.hpp"
#include "base/named_values.hpp"
#include "base/text.hpp"
#include "features/cgroups/systemd/text_literals.hpp"

namespace oci::cgroups::systemd {
namespace {

constexpr int deepest = 8;
constexpr std::size_t longest = std::size_t{64} << 10U;

constexpr std::array type_words{
    Named<char>{"boolean", 'b'}, Named<char>{"byte", 'y'},       Named<char>{"int16", 'n'},
    Named<char>{"uint16", 'q'},  Named<char>{"int32", 'i'},      Named<char>{"uint32", 'u'},
    Named<char>{"int64", 'x'},   Named<char>{"uint64", 't'},     Named<char>{"double", 'd'},
    Named<char>{"string", 's'},  Named<char>{"objectpath", 'o'}, Named<char>{"signature", 'g'},
};

bool is_letter(char c) noexcept { return c >= 'a' && c <= 'z'; }

class Parser {
public:
    explicit Parser(std::string_view text) noexcept : text_{text} {}

    Result<Value> whole() {
        Value value = OCI_TRY(any("", 0));
        skip_blanks();
        if (at_ != text_.size()) return wrong("more than one value");
        return value;
    }

private:
    Failure<Error> wrong(std::string_view why) const {
        return fail(ErrorKind::InvalidConfig, "{} at byte {} of {}", why, at_, json_quoted(text_));
    }

    [[nodiscard]] char front() const noexcept { return at_ < text_.size() ? text_[at_] : '\0'; }

    void skip_blanks() noexcept {
        while (front() == ' ' || front() == '\t' || front() == '\n') ++at_;
    }

    bool take(char wanted) noexcept {
        skip_blanks();
        if (front() != wanted) return false;
        ++at_;
        return true;
    }

    /// type: what the value has to be; empty: whatever it is.
    Result<Value> any(std::string_view type, int depth) {
        if (depth > deepest) return wrong("too deep");
        skip_blanks();
        const char first = front();
        if (first == '@') return annotated(type, depth);
        if (first == '[') return array_of(type, depth);
        if (first == '(') return tuple_of(type, depth);
        if (first == '<') return variant_of(type, depth);
        if (first == '\'' || first == '"') return quoted(type);
        if (first == 'b' && at_ + 1 < text_.size() &&
            (text_[at_ + 1] == '\'' || text_[at_ + 1] == '"'))
            return byte_string(type);
        if (is_letter(first) && !is_number_word()) return after_word(type, depth);
        return number(type);
    }

    [[nodiscard]] bool is_number_word() const noexcept {
        const std::string_view left = text_.substr(at_);
        return left.starts_with("inf") || left.starts_with("nan");
    }

    [[nodiscard]] bool agrees(std::string_view type, std::string_view found) const noexcept {
        return type.empty() || type == found;
    }

    Result<Value> annotated(std::string_view type, int depth) {
        ++at_;
        const std::size_t length = type_length(text_.substr(at_));
        const std::string_view named = text_.substr(at_, length);
        if (length == 0) return wrong("no type after \"@\"");
        if (!agrees(type, named)) return wrong("another type is due");
        at_ += length;
        return any(named, depth + 1);
    }

    /// true, false, or the word for a type with a value behind it.
    Result<Value> after_word(std::string_view type, int depth) {
        std::size_t end = at_;
        while (end < text_.size() &&
               (is_letter(text_[end]) || (text_[end] >= '0' && text_[end] <= '9')))
            ++end;
        const std::string_view word = text_.substr(at_, end - at_);
        const auto code = value_named(type_words, word);
        const bool is_boolean = word == "true" || word == "false";
        const std::string_view found = is_boolean ? std::string_view{"b"} : std::string_view{};
        if (!is_boolean && !code) return wrong("an unknown word");
        if (is_boolean && !agrees(type, found)) return wrong("another type is due");
        at_ = end;
        if (is_boolean) return boolean(word == "true");
        const std::string named(1, *code);
        if (!agrees(type, named)) return wrong("another type is due");
        return any(named, depth + 1);
    }

    Result<Value> quoted(std::string_view type) {
        const std::string_view found = type.empty() ? std::string_view{"s"} : type;
        if (found != "s" && found != "o" && found != "g") return wrong("another type is due");
        auto text = literals::take_string(text_, at_);
        if (!text || text->find('\0') != std::string::npos || !is_utf8(*text))
            return wrong("not a string");
        if (found == "o" && !literals::is_object_path(*text)) return wrong("not an object path");
        if (found == "g" && !literals::is_signature(*text)) return wrong("not a signature");
        return Value{std::string{found}, 0, std::move(*text), {}};
    }

    /// b'…' is an array of bytes, with a zero at its end.
    Result<Value> byte_string(std::string_view type) {
        if (!agrees(type, "ay")) return wrong("another type is due");
        ++at_;
        const auto text = literals::take_string(text_, at_);
        if (!text) return wrong("not a byte string");
        std::vector<std::uint8_t> list(text->begin(), text->end());
        list.push_back(0);
        return bytes(list);
    }

    Result<Value> number(std::string_view type) {
        std::size_t end = at_;
        while (end < text_.size() &&
               std::string_view{",)]}> \t\n:"}.find(text_[end]) == std::string_view::npos)
            ++end;
        const std::string_view word = text_.substr(at_, end - at_);
        const char code = literals::type_of_number(word, type.empty() ? '\0' : type.front());
        const auto bits = type.size() > 1 ? std::nullopt : literals::parse_number_as(word, code);
        if (!bits) return wrong(word.empty() ? "no value" : "not a number of its type");
        at_ = end;
        return Value{std::string(1, code), *bits, {}, {}};
    }

    Result<Value> variant_of(std::string_view type, int depth) {
        if (!agrees(type, "v")) return wrong("another type is due");
        ++at_;
        Value inside = OCI_TRY(any("", depth + 1));
        if (!take('>')) return wrong("no \">\"");
        return variant(std::move(inside));
    }

    Result<Value> tuple_of(std::string_view type, int depth) {
        if (!type.empty() && type.front() != '(') return wrong("another type is due");
        std::string_view left = type.empty() ? type : type.substr(1, type.size() - 2);
        ++at_;
        std::vector<Value> items;
        while (!take(')')) {
            if (!items.empty() && !take(',')) return wrong("no \",\"");
            if (items.size() == 1 && take(')')) break;  // ("one",)
            const std::string_view item_type = left.substr(0, type_length(left));
            if (!type.empty() && item_type.empty()) return wrong("too many items");
            Value item = OCI_TRY(any(item_type, depth + 1));
            left.remove_prefix(item_type.size());
            items.push_back(std::move(item));
        }
        if (items.empty() || !left.empty()) return wrong("too few items");
        return tuple(std::move(items));
    }

    Result<std::vector<Value>> items_of(std::string_view element, int depth) {
        ++at_;
        std::vector<Value> items;
        while (!take(']')) {
            if (!items.empty() && !take(',')) return wrong("no \",\"");
            Value item = OCI_TRY(any(element, depth + 1));
            items.push_back(std::move(item));
        }
        return items;
    }

    /// Where one item names its type, it is the type of all: [uint64 1, 2].
    Result<Value> array_of(std::string_view type, int depth) {
        if (!type.empty() && type.front() != 'a') return wrong("another type is due");
        const std::size_t begin = at_;
        std::vector<Value> items = OCI_TRY(items_of(type.empty() ? type : type.substr(1), depth));
        if (!type.empty()) return array(type.substr(1), std::move(items));
        if (items.empty()) return wrong("an empty array needs a type, as in @as []");
        const std::string first = items.front().type;
        const auto other =
            std::ranges::find_if(items, [&](const Value& item) { return item.type != first; });
        if (other == items.end()) return array(first, std::move(items));
        for (const std::string& candidate : {first, other->type}) {
            at_ = begin;
            auto retried = items_of(candidate, depth);
            if (retried) return array(candidate, std::move(retried).value());
        }
        return wrong("items of several types");
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace

Result<Value> parse_value(std::string_view text) {
    if (text.size() > longest)
        return fail(ErrorKind::InvalidConfig, "longer than {} bytes", longest);
    return Parser{text}.whole();
}

}  // namespace oci::cgroups::systemd
