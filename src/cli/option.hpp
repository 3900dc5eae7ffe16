// SPDX-License-Identifier: Apache-2.0
//
// One option of the command line, described once: the parser, --help, shell
// completion and the check of the manual all read the same tables.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace oci::cli {

/// Where a value goes. A list collects every occurrence; else the last one wins.
using Target =
    std::variant<bool*, std::optional<bool>*, int*, std::string*, std::optional<std::string>*,
                 std::vector<std::string>*, std::vector<std::uint32_t>*>;

enum class Visibility : std::uint8_t {
    Shown,
    Hidden,  ///< Accepted for callers that pass it, documented nowhere.
};

struct Option {
    char letter = 0;            ///< 0: no short form.
    std::string_view name;      ///< Without dashes.
    std::string_view argument;  ///< "FILE", or the words allowed: "table|json".
    std::string_view meaning;
    Target target;
    Visibility visibility = Visibility::Shown;

    [[nodiscard]] bool is_flag() const noexcept {
        return std::holds_alternative<bool*>(target) ||
               std::holds_alternative<std::optional<bool>*>(target);
    }
    /// "auto|true|false" in brackets: the argument may be left out.
    [[nodiscard]] bool may_stand_alone() const noexcept { return argument.starts_with('['); }
    [[nodiscard]] bool is_shown() const noexcept { return visibility == Visibility::Shown; }
};

using OptionTable = std::vector<Option>;

/// The words an argument allows; empty: any text.
[[nodiscard]] std::vector<std::string_view> allowed_words(const Option& option);

}  // namespace oci::cli
