// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "cli/completion_tables.hpp"

namespace oci::cli {
namespace {

/// For single quotes, and for the brackets and colons of _arguments.
std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '\'') {
            out += "'\\''";
            continue;
        }
        if (c == '[' || c == ']' || c == ':') out += '\\';
        out += c;
    }
    return out;
}

/// ":what it is:how to complete it"; "::" in front of an argument that may be left out.
std::string argument_of(const Option& option) {
    if (option.is_flag()) return "";
    std::string action = " ";
    const auto words = allowed_words(option);
    if (!words.empty()) action = fmt::format("({})", fmt::join(words, " "));
    if (is_directory(option)) action = "_directories";
    if (is_file(option)) action = "_files";
    const std::string_view colons = option.may_stand_alone() ? "::" : ":";
    return fmt::format("{}{}:{}", colons, option.name, action);
}

std::string options_text(const OptionTable& table) {
    std::string out;
    for (const Option& option : table) {
        const std::string meaning = escaped(option.meaning);
        const std::string argument = argument_of(option);
        if (option.letter != 0)
            out += fmt::format("        '*-{}[{}]{}' \\\n", option.letter, meaning, argument);
        std::string_view sign;
        if (takes_word(option)) sign = "=";
        if (option.may_stand_alone()) sign = "=-";
        out += fmt::format("        '*--{}{}[{}]{}' \\\n", option.name, sign, meaning, argument);
    }
    return out;
}

std::string words_text(const Verb& verb) {
    if (const std::string few = words_of(verb); !few.empty())
        return fmt::format("'1:word:({})'", few);
    if (takes_id(verb)) return "'1:container:_oci_rt_ids' '*:argument: '";
    return "'*:argument: '";
}

constexpr std::string_view head =
    R"zsh(#compdef oci-rt
# zsh completion for oci-rt, made by 'oci-rt completion zsh'

_oci_rt_ids() {
    local -a ids
    ids=(${(f)"$(oci-rt list --quiet 2>/dev/null)"})
    compadd -a ids
}

)zsh";

constexpr std::string_view tail = R"zsh(        '1:verb:_oci_rt_verbs' '*::argument:->behind'
    if [[ $state == behind ]] && (( $+functions[_oci_rt_verb_$line[1]] )); then
        _oci_rt_verb_$line[1]
    fi
}

if [[ $funcstack[1] == _oci-rt ]]; then
    _oci_rt "$@"
else
    compdef _oci_rt oci-rt
fi
)zsh";

}  // namespace

std::string zsh_completion() {
    std::string out{head};
    out += "_oci_rt_verbs() {\n    local -a verbs\n    verbs=(\n";
    for (const Verb& verb : verbs())
        out += fmt::format("        '{}:{}'\n", verb.name, escaped(verb.summary));
    out += "    )\n    _describe verb verbs\n}\n\n";
    for (const Verb& verb : verbs())
        out += fmt::format("_oci_rt_verb_{}() {{\n    _arguments -s -S \\\n{}        {}\n}}\n\n",
                           verb.name, options_text(shown_options(verb)), words_text(verb));
    out += "_oci_rt() {\n    local context state line\n    local -A opt_args\n";
    out += "    _arguments -s -S -C \\\n" + options_text(shown_globals());
    return out.append(tail);
}

}  // namespace oci::cli
