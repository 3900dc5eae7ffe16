// SPDX-License-Identifier: Apache-2.0
#include "spec/examination.hpp"

#include <algorithm>

#include "spec/names.hpp"

namespace oci::spec {

Result<void> Examination::settle(Result<void> outcome) {
    problems_.note_unreadable(std::move(outcome));
    return {};
}

void Examination::asked(const Value::Object& object, std::string_view key) {
    asked_[&object].keys.push_back(key);
}

void Examination::took_all(const Value::Object& object) { asked_[&object].all = true; }

std::vector<UnknownProperty> Examination::unknown(const Value& document) const {
    std::vector<UnknownProperty> found;
    walk(document, "", found);
    return found;
}

void Examination::walk(const Value& value, const std::string& pointer,
                       std::vector<UnknownProperty>& found) const {
    if (const auto* array = std::get_if<Value::Array>(&value.content))
        for (std::size_t i = 0; i < array->size(); ++i)
            walk((*array)[i], pointer + "/" + std::to_string(i), found);
    const auto* object = std::get_if<Value::Object>(&value.content);
    if (object == nullptr) return;
    const auto entry = asked_.find(object);
    if (entry == asked_.end()) return;  // nobody looked into it at all: its owner is reported
    const auto& [all, keys] = entry->second;
    for (const Member& member : *object) {
        const std::string here = pointer + pointer_step(member.key);
        if (all || std::ranges::find(keys, member.key) != keys.end())
            walk(member.value, here, found);
        else if (found.size() < Problems::most)
            found.push_back({here, nearest_name(member.key, keys)});
    }
}

}  // namespace oci::spec
