// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "cli/completion_tables.hpp"

namespace oci::cli {
namespace {

/// "-b --bundle -f --config …"
std::string all_names(const OptionTable& table) {
    std::string names;
    for (const Option& option : table) {
        if (option.letter != 0) names += fmt::format("-{} ", option.letter);
        names += fmt::format("--{} ", option.name);
    }
    names.pop_back();
    return names;
}

std::string value_kind(const Option& option) {
    if (is_directory(option)) return "directory";
    if (is_file(option)) return "file";
    const auto words = allowed_words(option);
    return words.empty() ? "value" : fmt::format("words {}", fmt::join(words, " "));
}

/// A branch "VERB OPTION" for each option that takes a word, so that the loop
/// over the line knows which word is a value.
std::string value_branches(std::string_view verb, const OptionTable& table) {
    std::string out;
    for (const Option& option : table) {
        if (!takes_word(option)) continue;
        const auto letter =
            option.letter == 0 ? "" : fmt::format(" | '{} -{}'", verb, option.letter);
        out += fmt::format("        '{} --{}'{}) echo '{}' ;;\n", verb, option.name, letter,
                           value_kind(option));
    }
    return out;
}

std::string function_over_case(std::string_view name, const std::string& branches) {
    return fmt::format("_oci_rt_{}() {{\n    case $1 in\n{}    esac\n}}\n\n", name, branches);
}

constexpr std::string_view head =
    "# bash completion for oci-rt, made by 'oci-rt completion bash'\n\n";

constexpr std::string_view tail = R"bash(_oci_rt() {
    local current=${COMP_WORDS[COMP_CWORD]} verb='' kind='' words=0 i
    for ((i = 1; i < COMP_CWORD; i++)); do
        kind=''
        case ${COMP_WORDS[i]} in
            -*) kind=$(_oci_rt_value "$verb ${COMP_WORDS[i]}") ;;
            *) if [[ $verb ]]; then ((words++)); else verb=${COMP_WORDS[i]}; fi ;;
        esac
        if [[ $kind && ${COMP_WORDS[i + 1]} == '=' ]]; then ((i++)); fi
        if [[ $kind ]]; then ((i++)); fi
    done
    # The loop stepped over the current word: it is the value of an option.
    if ((i == COMP_CWORD)); then kind=''; fi
    if [[ $current == '=' ]]; then current=''; fi
    COMPREPLY=()
    case $kind in
        directory) mapfile -t COMPREPLY < <(compgen -d -- "$current") ;;
        file) mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
        words*) mapfile -t COMPREPLY < <(compgen -W "${kind#words }" -- "$current") ;;
        value) ;;
        *)
            if [[ $current == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W "$(_oci_rt_options "$verb")" -- "$current")
            elif ((words == 0)); then
                mapfile -t COMPREPLY < <(compgen -W "$(_oci_rt_words "$verb")" -- "$current")
            fi
            ;;
    esac
}

complete -F _oci_rt oci-rt
)bash";

}  // namespace

std::string bash_completion() {
    std::string options = fmt::format("        '') echo '{}' ;;\n", all_names(shown_globals()));
    std::string values = value_branches("", shown_globals());
    std::string words = fmt::format("        '') echo '{}' ;;\n", verb_names());
    for (const Verb& verb : verbs()) {
        const OptionTable table = shown_options(verb);
        options += fmt::format("        {}) echo '{}' ;;\n", verb.name, all_names(table));
        values += value_branches(verb.name, table);
        if (const std::string few = words_of(verb); !few.empty())
            words += fmt::format("        {}) echo '{}' ;;\n", verb.name, few);
        if (takes_id(verb))
            words += fmt::format("        {}) oci-rt list --quiet 2>/dev/null ;;\n", verb.name);
    }
    return std::string{head} + function_over_case("options", options) +
           function_over_case("value", values) + function_over_case("words", words) +
           std::string{tail};
}

}  // namespace oci::cli
