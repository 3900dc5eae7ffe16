// SPDX-License-Identifier: Apache-2.0
//
// reader: members of a JSON object as typed values. Nothing stops at the first mistake: all that
// is wrong is noted with its pointer, and so is what nobody has asked for.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spec/json.hpp"

namespace oci::serve {

/// Pointer and what is wrong there.
using Mistakes = std::vector<std::pair<std::string, std::string>>;

class Reader {
public:
    /// of: an object; anything else is a mistake, and has no members.
    Reader(const spec::Value& of, std::string pointer, Mistakes& mistakes);

    /// nullptr if it is absent or null.
    const spec::Value* find(std::string_view key);
    [[nodiscard]] std::string pointer_to(std::string_view key) const;
    void mistake(std::string_view key, std::string_view why);

    std::optional<std::string> text(std::string_view key);
    std::optional<bool> flag(std::string_view key);
    std::optional<std::uint64_t> number(std::string_view key, std::uint64_t most);
    std::optional<std::vector<std::string>> texts(std::string_view key);
    std::optional<std::map<std::string, std::string>> words(std::string_view key);
    /// The elements of an array; none if it is absent.
    std::vector<const spec::Value*> elements(std::string_view key);

    /// Notes every member that nobody has asked for.
    void finish();

private:
    const spec::Value::Object* object_ = nullptr;
    std::string pointer_;
    Mistakes& mistakes_;
    std::set<std::string, std::less<>> asked_{};
};

}  // namespace oci::serve
