// SPDX-License-Identifier: Apache-2.0
#include "spec/document.hpp"

#include <algorithm>
#include <optional>

#include "base/explain.hpp"
#include "base/json_writer.hpp"
#include "base/text.hpp"

namespace oci::spec {
namespace {

using Steps = std::vector<std::string>;

/// The step that stands for the element after the last one.
constexpr std::string_view new_element = "-";

// ---- pointers -------------------------------------------------------------------

/// "a~1b" means "a/b", "~0" means "~"; nothing else may follow a "~".
std::optional<std::string> unescape(std::string_view step) {
    std::string out;
    for (std::size_t i = 0; i < step.size(); ++i) {
        if (step[i] != '~') {
            out += step[i];
            continue;
        }
        if (++i == step.size() || (step[i] != '0' && step[i] != '1')) return std::nullopt;
        out += step[i] == '0' ? '~' : '/';
    }
    return out;
}

Result<Steps> parse_pointer(std::string_view pointer) {
    Steps steps;
    if (pointer.empty()) return steps;
    if (!pointer.starts_with('/'))
        return fail(ErrorKind::InvalidConfig, "a JSON pointer begins with \"/\"");
    if (!is_utf8(pointer)) return fail(ErrorKind::InvalidConfig, "is not valid UTF-8");
    for (const std::string_view step : split(pointer.substr(1), '/')) {
        auto key = unescape(step);
        if (!key)
            return fail(ErrorKind::InvalidConfig,
                        "after \"~\" a JSON pointer has 0 (for \"~\") or 1 (for \"/\")");
        steps.push_back(std::move(*key));
    }
    // What goes deeper could not be read back.
    if (steps.size() > deepest_nesting)
        return fail(ErrorKind::InvalidConfig, "goes deeper than {} levels", deepest_nesting);
    return steps;
}

Result<std::size_t> parse_index(std::string_view step, std::size_t size) {
    const auto index = parse_number<std::size_t>(step);
    if (!index || (step.size() > 1 && step.starts_with('0')))
        return fail(ErrorKind::InvalidConfig,
                    "{} is no index of an array: must be a number, or - for a new element",
                    json_quoted(escape_for_display(step)));
    if (*index >= size)
        return fail(ErrorKind::InvalidConfig,
                    "there is no element {}: the array has {}; - adds one", *index, size);
    return *index;
}

// ---- walking --------------------------------------------------------------------

auto find_member(Value::Object& object, std::string_view key) {
    return std::ranges::find(object, key, &Member::key);
}

bool is_null(const Value& value) { return std::holds_alternative<std::monostate>(value.content); }

/// What is absent becomes what the next step needs.
void make_container(Value& place, std::string_view next_step) {
    if (!is_null(place)) return;
    if (next_step == new_element)
        place.content = Value::Array{};
    else
        place.content = Value::Object{};
}

enum class Missing : std::uint8_t { Make, Refuse };

/// The value one step further down, null if it is new.
Result<Value*> step_into(Value& place, std::string_view step, Missing missing) {
    if (missing == Missing::Make) make_container(place, step);
    if (auto* object = std::get_if<Value::Object>(&place.content)) {
        const auto found = find_member(*object, step);
        if (found != object->end()) return &found->value;
        if (missing == Missing::Refuse)
            return fail(ErrorKind::InvalidConfig, "there is nothing to take away");
        add(*object, step, {});
        return &object->back().value;
    }
    if (auto* array = std::get_if<Value::Array>(&place.content)) {
        if (step == new_element && missing == Missing::Make) return &array->emplace_back();
        const std::size_t index = OCI_TRY(parse_index(step, array->size()));
        return &(*array)[index];
    }
    if (is_null(place)) return fail(ErrorKind::InvalidConfig, "there is nothing to take away");
    return fail(ErrorKind::InvalidConfig, "what holds {} is neither an object nor an array",
                json_quoted(escape_for_display(step)));
}

Result<void> put(Value& document, const Steps& steps, Value value) {
    Value* place = &document;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const bool is_new =
            steps[i] == new_element && !std::holds_alternative<Value::Object>(place->content);
        // The next assignment would not get at this element by "-" again.
        if (is_new && i + 1 < steps.size())
            return fail(ErrorKind::InvalidConfig, "a new element (-) is given as a whole");
        place = OCI_TRY(step_into(*place, steps[i], Missing::Make));
    }
    *place = std::move(value);
    return {};
}

Result<void> take_away(Value& document, const Steps& steps) {
    Value* holder = &document;
    for (std::size_t i = 0; i + 1 < steps.size(); ++i)
        holder = OCI_TRY(step_into(*holder, steps[i], Missing::Refuse));
    OCI_TRY(step_into(*holder, steps.back(), Missing::Refuse));
    if (auto* object = std::get_if<Value::Object>(&holder->content)) {
        object->erase(find_member(*object, steps.back()));
    } else {
        auto& array = std::get<Value::Array>(holder->content);
        const std::size_t index = OCI_TRY(parse_index(steps.back(), array.size()));
        array.erase(array.begin() + static_cast<std::ptrdiff_t>(index));
    }
    return {};
}

// ---- text -----------------------------------------------------------------------

void write(JsonWriter& out, const Value& value);

struct ContentWriter {
    JsonWriter& out;

    void operator()(std::monostate /*null*/) const { out.null(); }
    void operator()(const OddNumber& number) const { out.json(number.text); }
    void operator()(const Value::Array& array) const {
        out.begin_array();
        for (const Value& value : array) write(out, value);
        out.end_array();
    }
    void operator()(const Value::Object& object) const {
        out.begin_object();
        for (const auto& [key, value] : object) {
            out.key(key);
            write(out, value);
        }
        out.end_object();
    }
    void operator()(const auto& scalar) const { out.value(scalar); }
};

// Assignments bound the depth: see parse_pointer().
// NOLINTNEXTLINE(misc-no-recursion)
void write(JsonWriter& out, const Value& value) { std::visit(ContentWriter{out}, value.content); }

}  // namespace

Value text_value(std::string_view text) { return {std::string{text}}; }

Value number_value(std::uint64_t number) { return {number}; }

Value word_list(std::string_view words) {
    Value::Array list;
    for (const std::string_view word : split(words, ' '))
        if (!word.empty()) list.push_back(text_value(word));
    return {std::move(list)};
}

void add(Value::Object& object, std::string_view key, Value value) {
    object.push_back({std::string{key}, std::move(value)});
}

Result<Assignment> parse_assignment(std::string_view text) {
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos)
        return fail(ErrorKind::InvalidConfig, "cannot set {}: must be POINTER=JSON",
                    escape_for_display(text));
    const std::string_view pointer = text.substr(0, equals);
    const std::string_view json = text.substr(equals + 1);
    auto value = parse_value(json);
    if (value) return Assignment{std::string{pointer}, std::move(value).value()};
    const std::string shown = escape_for_display(pointer);
    const bool lacks_quotes = json.find_first_of("{}[]\"") == std::string_view::npos;
    const std::string help = lacks_quotes ? fmt::format(" (a text needs quotes: '{}={}')", shown,
                                                        json_quoted(escape_for_display(json)))
                                          : "";
    return fail(ErrorKind::InvalidConfig, "cannot set {}: the value is {}{}", shown,
                value.error().message, help);
}

Result<void> assign(Value& document, Assignment assignment) {
    const std::string shown = escape_for_display(assignment.pointer);
    const Steps steps = OCI_TRY(explain(parse_pointer(assignment.pointer), "cannot set {}", shown));
    if (is_null(assignment.value) && !steps.empty())
        return explain(take_away(document, steps), "cannot set {} to null", shown);
    return explain(put(document, steps, std::move(assignment.value)), "cannot set {}", shown);
}

const Value* find_below(const Value& document, const std::vector<std::string_view>& keys) {
    const Value* place = &document;
    for (const std::string_view key : keys) {
        const auto* object = std::get_if<Value::Object>(&place->content);
        if (object == nullptr) return nullptr;
        const auto found = std::ranges::find(*object, key, &Member::key);
        if (found == object->end()) return nullptr;
        place = &found->value;
    }
    return is_null(*place) ? nullptr : place;
}

std::string document_text(const Value& document) {
    std::string text;
    JsonWriter out{text, 1, '\t'};
    write(out, document);
    return text + "\n";
}

}  // namespace oci::spec
