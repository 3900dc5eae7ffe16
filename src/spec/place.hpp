// SPDX-License-Identifier: Apache-2.0
//
// place: a value and where it stands in the document, with typed readers whose
// errors name that place: "/process/args/0: must be a string (is null)".
#pragma once

#include <concepts>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/named_values.hpp"
#include "spec/examination.hpp"
#include "spec/json.hpp"

namespace oci::spec {

/// A place refers to its parent, which must outlive it: pass places downwards
/// only. The pointer text is put together when an error needs it.
class Place {
public:
    /// With an examination, reading goes on after an error.
    explicit Place(const Value& document, Examination* examination = nullptr) noexcept
        : value_{&document}, examination_{examination} {}
    Place(const Place& parent, std::string_view key, const Value& value) noexcept
        : parent_{&parent}, key_{key}, value_{&value}, examination_{parent.examination_} {}
    Place(const Place& parent, std::size_t index, const Value& value) noexcept
        : parent_{&parent}, index_{index}, value_{&value}, examination_{parent.examination_} {}

    /// "/process/args/0"; empty for the document itself.
    [[nodiscard]] std::string pointer() const;

    /// "POINTER: WHY".
    [[nodiscard]] Failure<Error> refuse(std::string_view why,
                                        ErrorKind kind = ErrorKind::InvalidConfig) const;

    /// A member of this object; nullptr if it is absent or null.
    [[nodiscard]] const Value* find(std::string_view key) const noexcept;

    /// What a reader of a part of this returned, or success if it is being examined.
    [[nodiscard]] Result<void> settle(Result<void> outcome) const;

    /// An error unless this is an object.
    [[nodiscard]] Result<void> be_object() const;
    /// The members of an object whose keys are names of the user.
    [[nodiscard]] Result<const Value::Object*> members() const;
    /// The elements, or an error that says what they must be ("strings").
    [[nodiscard]] Result<const Value::Array*> elements(std::string_view of_what) const;

    // Scalars, and arrays of scalars.
    [[nodiscard]] Result<void> read(bool& out) const;
    [[nodiscard]] Result<void> read(std::string& out) const;
    template <std::integral Number>
    [[nodiscard]] Result<void> read(Number& out) const;
    template <typename Element>
    [[nodiscard]] Result<void> read(std::vector<Element>& out) const;
    template <typename Inner>
    [[nodiscard]] Result<void> read(std::optional<Inner>& out) const;

    /// A name of a table of Named<Enum>. otherwise: words for the error, if callers look for them.
    template <typename Table, typename Enum>
    [[nodiscard]] Result<void> read_name(const Table& table, Enum& out,
                                         std::string_view otherwise = {}) const;

    /// The error for a name that is in no table, with a hint.
    [[nodiscard]] Failure<Error> refuse_name(std::string_view name,
                                             const std::vector<std::string_view>& known,
                                             std::string_view otherwise) const;

private:
    [[nodiscard]] Failure<Error> must_be(std::string_view what) const;
    [[nodiscard]] Result<std::int64_t> signed_within(std::int64_t least, std::int64_t most) const;
    [[nodiscard]] Result<std::uint64_t> unsigned_within(std::uint64_t most) const;

    const Place* parent_ = nullptr;
    std::string_view key_;
    std::size_t index_ = 0;
    const Value* value_;
    Examination* examination_ = nullptr;
};

template <std::integral Number>
Result<void> Place::read(Number& out) const {
    using Limits = std::numeric_limits<Number>;
    if constexpr (std::is_signed_v<Number>) {
        const std::int64_t number = OCI_TRY(signed_within(Limits::min(), Limits::max()));
        out = static_cast<Number>(number);
    } else {
        const std::uint64_t number = OCI_TRY(unsigned_within(Limits::max()));
        out = static_cast<Number>(number);
    }
    return {};
}

template <typename Element>
Result<void> Place::read(std::vector<Element>& out) const {
    constexpr std::string_view what = std::is_same_v<Element, std::string> ? "strings" : "integers";
    const Value::Array* values = OCI_TRY(elements(what));
    out.clear();
    out.reserve(values->size());
    for (const Value& value : *values)
        OCI_TRY(settle(Place(*this, out.size(), value).read(out.emplace_back())));
    return {};
}

template <typename Inner>
Result<void> Place::read(std::optional<Inner>& out) const {
    return read(out.emplace());
}

template <typename Table, typename Enum>
Result<void> Place::read_name(const Table& table, Enum& out, std::string_view otherwise) const {
    std::string name;
    OCI_TRY(read(name));
    if (const auto value = value_named(table, name)) {
        out = *value;
        return {};
    }
    std::vector<std::string_view> known;
    known.reserve(std::size(table));
    for (const auto& entry : table) known.push_back(entry.first);
    return refuse_name(name, known, otherwise);
}

// ---- properties of an object ----------------------------------------------------

/// Reads a property, or leaves `out` as it is when the property is absent.
template <typename Out>
[[nodiscard]] Result<void> field(const Place& place, std::string_view key, Out& out) {
    const Value* value = place.find(key);
    if (value == nullptr) return {};
    return place.settle(Place(place, key, *value).read(out));
}

/// The error for a property that must be there and is not.
[[nodiscard]] Failure<Error> missing(const Place& place, std::string_view key,
                                     std::string_view otherwise = {});

template <typename Out>
[[nodiscard]] Result<void> required(const Place& place, std::string_view key, Out& out) {
    const Value* value = place.find(key);
    if (value == nullptr) return place.settle(missing(place, key));
    return place.settle(Place(place, key, *value).read(out));
}

/// A property that must be a name of a table.
template <typename Table, typename Enum>
[[nodiscard]] Result<void> required_name(const Place& place, std::string_view key,
                                         const Table& table, Enum& out,
                                         std::string_view otherwise = {}) {
    const Value* value = place.find(key);
    if (value == nullptr) return place.settle(missing(place, key, otherwise));
    return place.settle(Place(place, key, *value).read_name(table, out, otherwise));
}

/// A property that is an array of names of a table.
template <typename Table, typename Enum>
[[nodiscard]] Result<void> name_list(const Place& place, std::string_view key, const Table& table,
                                     std::vector<Enum>& out, std::string_view otherwise = {}) {
    const Value* value = place.find(key);
    if (value == nullptr) return {};
    const Place array(place, key, *value);
    const auto values = array.elements("strings");
    if (!values) return place.settle(Failure{values.error()});
    for (const Value& element : *values.value()) {
        const Place entry(array, out.size(), element);
        OCI_TRY(place.settle(entry.read_name(table, out.emplace_back(), otherwise)));
    }
    return {};
}

/// A property that is an object: reader(place, record) -> Result<void>.
template <typename Record, typename Reader>
[[nodiscard]] Result<void> section(const Place& place, std::string_view key, Record& out,
                                   Reader reader) {
    const Value* value = place.find(key);
    if (value == nullptr) return {};
    const Place inner(place, key, *value);
    auto is_object = inner.be_object();
    if (!is_object) return place.settle(std::move(is_object));
    return place.settle(reader(inner, out));
}

/// The same, where absent differs from empty.
template <typename Record, typename Reader>
[[nodiscard]] Result<void> optional_section(const Place& place, std::string_view key,
                                            std::optional<Record>& out, Reader reader) {
    if (place.find(key) == nullptr) return {};
    return section(place, key, out.emplace(), reader);
}

/// A property that is an array of objects.
template <typename Record, typename Reader>
[[nodiscard]] Result<void> list(const Place& place, std::string_view key, std::vector<Record>& out,
                                Reader reader) {
    const Value* value = place.find(key);
    if (value == nullptr) return {};
    const Place array(place, key, *value);
    const auto values = array.elements("objects");
    if (!values) return place.settle(Failure{values.error()});
    out.reserve(values.value()->size());
    for (const Value& element : *values.value()) {
        const Place entry(array, out.size(), element);
        auto is_object = entry.be_object();
        if (is_object) is_object = reader(entry, out.emplace_back());
        OCI_TRY(place.settle(std::move(is_object)));
    }
    return {};
}

/// A property that is an object of strings, in the order of the text.
[[nodiscard]] Result<void> text_members(const Place& place, std::string_view key,
                                        std::vector<std::pair<std::string, std::string>>& out);

}  // namespace oci::spec
