// SPDX-License-Identifier: Apache-2.0
//
// examination: what a reading of a whole document has found, for who wants to
// know everything at once: what is wrong, and which properties nobody asked for.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "spec/json.hpp"
#include "spec/problems.hpp"

namespace oci::spec {

/// A property that the specification does not know.
struct UnknownProperty {
    std::string pointer;
    std::string nearest;  ///< A property that is known there and spelled alike; may be empty.
};

class Examination {
public:
    /// Success: the error is kept, and reading goes on.
    Result<void> settle(Result<void> outcome);

    /// A property of an object was looked for.
    void asked(const Value::Object& object, std::string_view key);
    /// Its keys are names of the user, not properties.
    void took_all(const Value::Object& object);

    [[nodiscard]] Problems& problems() noexcept { return problems_; }

    /// In the order of the text; not more than Problems::most.
    [[nodiscard]] std::vector<UnknownProperty> unknown(const Value& document) const;

private:
    struct Asked {
        bool all = false;
        std::vector<std::string_view> keys;
    };

    void walk(const Value& value, const std::string& pointer,
              std::vector<UnknownProperty>& found) const;

    Problems problems_;
    std::unordered_map<const Value::Object*, Asked> asked_;
};

}  // namespace oci::spec
