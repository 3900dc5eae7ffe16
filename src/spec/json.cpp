// SPDX-License-Identifier: Apache-2.0
#include "spec/json.hpp"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/text.hpp"

namespace oci::spec {
namespace {

/// The first key that occurs twice, or nullptr.
const std::string* repeated_key(const Value::Object& object) {
    // Few keys are compared pairwise; many are sorted, so that a hostile
    // document cannot buy quadratic time.
    constexpr std::size_t few = 16;
    if (object.size() <= few) {
        for (auto entry = object.begin(); entry != object.end(); ++entry)
            if (std::any_of(object.begin(), entry,
                            [&](const Member& other) { return other.key == entry->key; }))
                return &entry->key;
        return nullptr;
    }
    std::vector<const std::string*> keys;
    keys.reserve(object.size());
    for (const Member& member : object) keys.push_back(&member.key);
    std::ranges::sort(keys, {}, [](const std::string* key) -> const std::string& { return *key; });
    const auto twice = std::ranges::adjacent_find(
        keys, [](const std::string* one, const std::string* two) { return *one == *two; });
    return twice == keys.end() ? nullptr : *twice;
}

/// Receives the parser's events and builds the tree, without recursion.
class Builder {
public:
    bool null() { return add({}); }
    bool boolean(bool value) { return add({value}); }
    bool number_unsigned(std::uint64_t value) { return add({value}); }
    bool number_integer(std::int64_t value) {
        if (value >= 0) return number_unsigned(static_cast<std::uint64_t>(value));
        return add({value});
    }
    bool number_float(double /*value*/, const std::string& text) { return add({OddNumber{text}}); }
    bool string(std::string& text) {
        if (text.find('\0') != std::string::npos) return refuse(here(), "must not contain U+0000");
        return add({std::move(text)});
    }
    // JSON text has no binary values; the parser's interface asks for this.
    bool binary(std::vector<std::uint8_t>& /*bytes*/) { return false; }

    bool start_object(std::size_t /*size*/) { return open({Value::Object{}}); }
    bool start_array(std::size_t /*size*/) { return open({Value::Array{}}); }
    bool end_array() { return close(); }
    bool end_object() {
        const auto& object = std::get<Value::Object>(open_.back().content);
        if (const std::string* key = repeated_key(object); key != nullptr) {
            const std::string name = pointer_step(*key);
            std::get<Value::Object>(open_.back().content).clear();
            return refuse(here() + name, "the key occurs twice in its object");
        }
        return close();
    }
    bool key(std::string& name) {
        if (name.find('\0') != std::string::npos)
            return refuse(here(), "a key must not contain U+0000");
        std::get<Value::Object>(open_.back().content).push_back(Member{std::move(name), {}});
        return true;
    }

    bool parse_error(std::size_t /*position*/, const std::string& /*token*/,
                     const nlohmann::detail::exception& error) {
        // "[json.exception.parse_error.101] parse error at line 1, column 2: ..."
        std::string_view text = error.what();
        if (const std::size_t start = text.find("] "); start != std::string_view::npos)
            text.remove_prefix(start + 2);
        constexpr std::size_t enough = 300;
        error_ = "not valid JSON: " + escape_for_display(text.substr(0, enough));
        return false;
    }

    [[nodiscard]] const std::string& error() const { return error_; }
    Value take() { return std::move(root_); }

private:
    bool refuse(const std::string& pointer, std::string_view why) {
        error_ = fmt::format("{}: {}", pointer.empty() ? "/" : pointer, why);
        return false;
    }

    bool add(Value value) {
        if (open_.empty()) {
            root_ = std::move(value);
        } else if (auto* array = std::get_if<Value::Array>(&open_.back().content)) {
            array->push_back(std::move(value));
        } else {
            std::get<Value::Object>(open_.back().content).back().value = std::move(value);
        }
        return true;
    }
    bool open(Value value) {
        if (open_.size() == deepest_nesting)
            return refuse(here(), fmt::format("nested deeper than {} levels", deepest_nesting));
        open_.push_back(std::move(value));
        return true;
    }
    bool close() {
        Value finished = std::move(open_.back());
        open_.pop_back();
        return add(std::move(finished));
    }

    /// The pointer of the value that comes next.
    [[nodiscard]] std::string here() const {
        std::string pointer;
        for (const Value& value : open_) {
            if (const auto* array = std::get_if<Value::Array>(&value.content))
                pointer += fmt::format("/{}", array->size());
            else if (const auto& object = std::get<Value::Object>(value.content); !object.empty())
                pointer += pointer_step(object.back().key);
        }
        return pointer;
    }

    std::vector<Value> open_;
    Value root_;
    std::string error_;
};

/// What the parser would let pass although it is not JSON.
Result<void> check_bytes(std::string_view text) {
    if (text.size() > largest_document)
        return fail(ErrorKind::InvalidConfig, "larger than {} bytes", largest_document);
    if (text.starts_with("\xEF\xBB\xBF"))
        return with(fail(ErrorKind::InvalidConfig, "not valid JSON: begins with a byte order mark"),
                    {.code = "config-syntax"});
    // The parser takes a NUL byte between values for the end of the text.
    if (text.find('\0') != std::string_view::npos)
        return with(fail(ErrorKind::InvalidConfig, "not valid JSON: contains a NUL byte"),
                    {.code = "config-syntax"});
    return {};
}

}  // namespace

Result<Value> parse_value(std::string_view text) {
    OCI_TRY(check_bytes(text));
    Builder builder;
    if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) {
        constexpr Code of_syntax{"config-syntax"};
        constexpr Code of_content{"invalid-config"};
        const bool is_json = !builder.error().starts_with("not valid JSON");
        return with(fail(ErrorKind::InvalidConfig, "{}", builder.error()),
                    {.code = is_json ? of_content : of_syntax});
    }
    return builder.take();
}

Result<Value> parse_json(std::string_view text) {
    Value document = OCI_TRY(parse_value(text));
    if (!std::holds_alternative<Value::Object>(document.content))
        return fail(ErrorKind::InvalidConfig, "/: must be an object");
    return document;
}

std::string pointer_step(std::string_view key) {
    constexpr std::size_t enough = 100;
    std::string step = "/";
    for (const char c : escape_for_display(key.substr(0, enough))) {
        if (c == '~')
            step += "~0";
        else if (c == '/')
            step += "~1";
        else
            step += c;
    }
    return step;
}

}  // namespace oci::spec
