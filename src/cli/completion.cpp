// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.hpp"

#include <array>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/named_values.hpp"
#include "cli/completion_tables.hpp"

namespace oci::cli {
namespace {

OptionTable shown(OptionTable table) {
    std::erase_if(table, [](const Option& option) { return !option.is_shown(); });
    return table;
}

using Script = std::string (*)();
constexpr std::array scripts{
    Named<Script>{"bash", bash_completion},
    Named<Script>{"zsh", zsh_completion},
    Named<Script>{"fish", fish_completion},
};

}  // namespace

// The scripts read the descriptions only: where values would go is gone by then.
OptionTable shown_globals() {
    Globals globals;
    return shown(options_of(globals));
}

OptionTable shown_options(const Verb& verb) {
    VerbOptions options;
    return shown(options_of(verb, options));
}

std::string verb_names() {
    std::string names;
    for (const Verb& verb : verbs()) names.append(names.empty() ? "" : " ").append(verb.name);
    return names;
}

std::string words_of(const Verb& verb) {
    if (verb.name == "completion") return "bash zsh fish";
    return verb.name == "help" ? verb_names() : "";
}

Result<std::string> completion_script(std::string_view shell) {
    const auto script = value_named(scripts, shell);
    if (!script)
        return with(fail(ErrorKind::InvalidConfig, "no completion for {}", shell),
                    {.code = "usage", .phase = "arguments", .hint = "there is bash, zsh and fish"});
    return (*script)();
}

}  // namespace oci::cli
