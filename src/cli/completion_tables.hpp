// SPDX-License-Identifier: Apache-2.0
//
// What the three completion scripts have in common: the tables as shells see them.
#pragma once

#include <string>
#include <string_view>

#include "cli/verbs.hpp"

namespace oci::cli {

[[nodiscard]] std::string bash_completion();
[[nodiscard]] std::string zsh_completion();
[[nodiscard]] std::string fish_completion();

/// Options that stand in the manual; the order is that of the tables.
[[nodiscard]] OptionTable shown_globals();
[[nodiscard]] OptionTable shown_options(const Verb& verb);

/// All verbs, with spaces between.
[[nodiscard]] std::string verb_names();

/// What follows the options of a verb if it is one of a few words; else empty.
[[nodiscard]] std::string words_of(const Verb& verb);

[[nodiscard]] inline bool takes_id(const Verb& verb) { return verb.words.starts_with("ID"); }

/// Whether the next word belongs to the option.
[[nodiscard]] inline bool takes_word(const Option& option) {
    return !option.is_flag() && !option.may_stand_alone();
}

// What an argument is, judged by the word that stands for it.
[[nodiscard]] inline bool is_directory(const Option& option) { return option.argument == "DIR"; }
[[nodiscard]] inline bool is_file(const Option& option) {
    return option.argument == "FILE" || option.argument == "PATH";
}

}  // namespace oci::cli
