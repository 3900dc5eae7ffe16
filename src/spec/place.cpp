// SPDX-License-Identifier: Apache-2.0
#include "spec/place.hpp"

#include "base/explain.hpp"
#include "base/text.hpp"
#include "spec/names.hpp"

namespace oci::spec {
namespace {

/// What a value is, for "(is …)".
struct Describe {
    std::string operator()(std::monostate /*null*/) const { return "null"; }
    std::string operator()(bool value) const { return value ? "true" : "false"; }
    std::string operator()(std::int64_t value) const { return fmt::format("{}", value); }
    std::string operator()(std::uint64_t value) const { return fmt::format("{}", value); }
    std::string operator()(const OddNumber& value) const {
        constexpr std::size_t enough = 40;
        return value.text.substr(0, enough);
    }
    std::string operator()(const std::string& /*text*/) const { return "a string"; }
    std::string operator()(const Value::Array& /*array*/) const { return "an array"; }
    std::string operator()(const Value::Object& /*object*/) const { return "an object"; }
};

}  // namespace

std::string Place::pointer() const {
    if (parent_ == nullptr) return {};
    return parent_->pointer() +
           (key_.data() != nullptr ? pointer_step(key_) : fmt::format("/{}", index_));
}

Failure<Error> Place::refuse(std::string_view why, ErrorKind kind) const {
    return fail(kind, "{}: {}", parent_ == nullptr ? "/" : pointer(), why);
}

Failure<Error> Place::must_be(std::string_view what) const {
    return refuse(fmt::format("must be {} (is {})", what, std::visit(Describe{}, value_->content)));
}

const Value* Place::find(std::string_view key) const noexcept {
    const auto* object = std::get_if<Value::Object>(&value_->content);
    if (object == nullptr) return nullptr;
    if (examination_ != nullptr) examination_->asked(*object, key);
    for (const Member& member : *object) {
        if (member.key != key) continue;
        return std::holds_alternative<std::monostate>(member.value.content) ? nullptr
                                                                            : &member.value;
    }
    return nullptr;
}

Result<void> Place::settle(Result<void> outcome) const {
    if (outcome || examination_ == nullptr) return outcome;
    return examination_->settle(std::move(outcome));
}

Result<void> Place::be_object() const {
    if (std::holds_alternative<Value::Object>(value_->content)) return {};
    return must_be("an object");
}

Result<const Value::Object*> Place::members() const {
    OCI_TRY(be_object());
    const auto& object = std::get<Value::Object>(value_->content);
    if (examination_ != nullptr) examination_->took_all(object);
    return &object;
}

Result<const Value::Array*> Place::elements(std::string_view of_what) const {
    if (const auto* array = std::get_if<Value::Array>(&value_->content)) return array;
    return must_be(fmt::format("an array of {}", of_what));
}

Result<void> Place::read(bool& out) const {
    const auto* value = std::get_if<bool>(&value_->content);
    if (value == nullptr) return must_be("true or false");
    out = *value;
    return {};
}

Result<void> Place::read(std::string& out) const {
    const auto* text = std::get_if<std::string>(&value_->content);
    if (text == nullptr) return must_be("a string");
    out = *text;
    return {};
}

Result<std::int64_t> Place::signed_within(std::int64_t least, std::int64_t most) const {
    if (const auto* number = std::get_if<std::int64_t>(&value_->content);
        number && *number >= least)
        return *number;
    if (const auto* number = std::get_if<std::uint64_t>(&value_->content);
        number && *number <= static_cast<std::uint64_t>(most))
        return static_cast<std::int64_t>(*number);
    return must_be(fmt::format("an integer from {} to {}", least, most));
}

Result<std::uint64_t> Place::unsigned_within(std::uint64_t most) const {
    if (const auto* number = std::get_if<std::uint64_t>(&value_->content);
        number && *number <= most)
        return *number;
    return must_be(fmt::format("an integer from 0 to {}", most));
}

Failure<Error> Place::refuse_name(std::string_view name, const std::vector<std::string_view>& known,
                                  std::string_view otherwise) const {
    return refuse(
        fmt::format("{}{}{}", otherwise, otherwise.empty() ? "" : ": ", unknown_name(name, known)));
}

Failure<Error> missing(const Place& place, std::string_view key, std::string_view otherwise) {
    return fail(ErrorKind::InvalidConfig, "{}{}: {}{}is required", place.pointer(),
                pointer_step(key), otherwise, otherwise.empty() ? "" : ": ");
}

Result<void> text_members(const Place& place, std::string_view key,
                          std::vector<std::pair<std::string, std::string>>& out) {
    const Value* value = place.find(key);
    if (value == nullptr) return {};
    const Place object(place, key, *value);
    const auto entries = object.members();
    if (!entries) return place.settle(Failure{entries.error()});
    out.reserve(entries.value()->size());
    for (const Member& entry : *entries.value()) {
        std::string text;
        OCI_TRY(place.settle(Place(object, entry.key, entry.value).read(text)));
        out.emplace_back(entry.key, std::move(text));
    }
    return {};
}

}  // namespace oci::spec
