// SPDX-License-Identifier: Apache-2.0
#include "spec/problems.hpp"

#include <utility>

namespace oci::spec {

bool is_part_of_any(const std::unordered_set<std::string>& pointers, std::string_view pointer) {
    if (pointers.empty()) return false;
    for (; !pointer.empty(); pointer = pointer.substr(0, pointer.rfind('/'))) {
        if (pointers.contains(std::string{pointer})) return true;
        if (!pointer.starts_with('/')) return false;
    }
    return false;
}

bool Problems::is_told(const std::string& pointer) const {
    return !pointer.empty() && (told_.contains(pointer) || is_part_of_any(unreadable_, pointer));
}

void Problems::note(Result<void> outcome) {
    if (outcome) return;
    Error error = std::move(outcome).error();
    // What could not be read is missing in what follows: one word about it, or about a
    // part of it, is enough.
    if (is_told(error.pointer)) return;
    if (errors_.size() >= most) {
        ++left_out_;
        return;
    }
    std::string_view place = error.pointer;
    for (; place.starts_with('/'); place = place.substr(0, place.rfind('/')))
        if (!told_.emplace(place).second) break;  // and so are those above it
    errors_.push_back(std::move(error));
}

void Problems::note_unreadable(Result<void> outcome) {
    if (outcome) return;
    const std::string pointer = outcome.error().pointer;
    note(std::move(outcome));
    if (!pointer.empty() && unreadable_.size() < most) unreadable_.insert(pointer);
}

Result<void> Problems::first() const {
    if (errors_.empty()) return {};
    return Failure{errors_.front()};
}

}  // namespace oci::spec
