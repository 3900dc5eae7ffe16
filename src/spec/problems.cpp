// SPDX-License-Identifier: Apache-2.0
#include "spec/problems.hpp"

#include <algorithm>

namespace oci::spec {

void Problems::note(Result<void> outcome) {
    if (outcome) return;
    Error error = std::move(outcome).error();
    // What could not be read is missing in what follows: one word about it, or about a
    // part of it, is enough.
    const auto same_place = [&](const Error& other) {
        return other.pointer == error.pointer || other.pointer.starts_with(error.pointer + "/");
    };
    if (!error.pointer.empty() && std::ranges::any_of(errors_, same_place)) return;
    errors_.push_back(std::move(error));
}

Result<void> Problems::first() const {
    if (errors_.empty()) return {};
    return Failure{errors_.front()};
}

}  // namespace oci::spec
