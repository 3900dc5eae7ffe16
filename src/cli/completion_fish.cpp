// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "cli/completion_tables.hpp"

namespace oci::cli {
namespace {

std::string quoted(std::string_view text) {
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'' || c == '\\') out += '\\';
        out += c;
    }
    return out + "'";
}

std::string option_line(std::string_view condition, const Option& option) {
    std::string out = fmt::format("complete -c oci-rt -n '{}'", condition);
    if (option.letter != 0) out += fmt::format(" -s {}", option.letter);
    out += fmt::format(" -l {}", option.name);
    if (takes_word(option)) out += is_file(option) ? " -r -F" : " -x";
    const auto words = allowed_words(option);
    if (!words.empty()) out += fmt::format(" -a '{}'", fmt::join(words, " "));
    if (is_directory(option)) out += " -a '(__fish_complete_directories)'";
    return out + fmt::format(" -d {}\n", quoted(option.meaning));
}

std::string verb_lines(const Verb& verb) {
    const auto behind = fmt::format("__fish_seen_subcommand_from {}", verb.name);
    std::string out;
    for (const Option& option : shown_options(verb)) out += option_line(behind, option);
    if (const std::string few = words_of(verb); !few.empty())
        out += fmt::format("complete -c oci-rt -n '{}' -a '{}'\n", behind, few);
    if (takes_id(verb))
        out += fmt::format("complete -c oci-rt -n '{}' -a '(oci-rt list --quiet 2>/dev/null)'\n",
                           behind);
    return out;
}

}  // namespace

std::string fish_completion() {
    const auto before = fmt::format("not __fish_seen_subcommand_from {}", verb_names());
    std::string out =
        "# fish completion for oci-rt, made by 'oci-rt completion fish'\n\n"
        "complete -c oci-rt -f\n";
    for (const Verb& verb : verbs())
        out += fmt::format("complete -c oci-rt -n '{}' -a {} -d {}\n", before, verb.name,
                           quoted(verb.summary));
    for (const Option& option : shown_globals()) out += option_line(before, option);
    for (const Verb& verb : verbs()) out += verb_lines(verb);
    return out;
}

}  // namespace oci::cli
