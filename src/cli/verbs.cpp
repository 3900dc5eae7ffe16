// SPDX-License-Identifier: Apache-2.0
#include "cli/verbs.hpp"

#include <algorithm>
#include <array>

namespace oci::cli {
namespace {

constexpr std::array the_verbs{
    Verb{.name = "create",
         .summary = "make a container whose program waits for start",
         .words = "ID",
         .least_words = 1,
         .most_words = 1,
         .describe = describe_create,
         .example = "oci-rt create --bundle /srv/box --pid-file /run/box.pid box"},
    Verb{.name = "start",
         .summary = "let the program of a created container begin",
         .words = "ID",
         .least_words = 1,
         .most_words = 1,
         .example = "oci-rt start box"},
    Verb{.name = "state",
         .summary = "show the state of a container as JSON",
         .words = "ID",
         .least_words = 1,
         .most_words = 1,
         .example = "oci-rt state box"},
    Verb{.name = "kill",
         .summary = "send a signal to a container",
         .words = "ID [SIGNAL]",
         .least_words = 1,
         .most_words = 2,
         .order = Order::OptionsFirst,
         .describe = describe_kill,
         .example = "oci-rt kill box KILL"},
    Verb{.name = "delete",
         .summary = "remove a container that has stopped",
         .words = "ID",
         .least_words = 1,
         .most_words = 1,
         .describe = describe_delete,
         .example = "oci-rt delete --force box"},
    Verb{.name = "run",
         .summary = "create and start a container",
         .words = "ID",
         .least_words = 1,
         .most_words = 1,
         .describe = describe_run,
         .example = "oci-rt run --bundle /srv/box box"},
    Verb{.name = "exec",
         .summary = "run one more program in a container",
         .words = "ID [COMMAND [ARGUMENT...]]",
         .least_words = 1,
         .most_words = any_number,
         .order = Order::OptionsFirst,
         .describe = describe_exec,
         .example = "oci-rt exec --tty --env TERM=xterm box /bin/sh -l"},
    Verb{.name = "list",
         .summary = "list the containers below the root",
         .words = "",
         .describe = describe_list,
         .example = "oci-rt list --format json"},
    Verb{.name = "ps",
         .summary = "list the processes of a container",
         .words = "ID [PS-OPTION...]",
         .least_words = 1,
         .most_words = any_number,
         .order = Order::OptionsFirst,
         .describe = describe_ps,
         .example = "oci-rt ps box -o pid,user,args"},
    Verb{.name = "pause",
         .summary = "freeze every process of a container",
         .words = "ID",
         .least_words = 1,
         .most_words = 1,
         .example = "oci-rt pause box"},
    Verb{.name = "resume",
         .summary = "thaw a paused container",
         .words = "ID",
         .least_words = 1,
         .most_words = 1,
         .example = "oci-rt resume box"},
    Verb{.name = "spec",
         .summary = "write a config.json to begin with",
         .words = "",
         .describe = describe_spec,
         .example = "oci-rt spec --preset docker --set '/hostname=\"box\"'"},
    Verb{.name = "validate",
         .summary = "check a bundle without running it",
         .words = "",
         .describe = describe_validate,
         .example = "oci-rt validate --bundle /srv/box"},
    Verb{.name = "features",
         .summary = "show as JSON what this runtime can do",
         .words = "",
         .example = "oci-rt features"},
    Verb{.name = "completion",
         .summary = "print a completion script for a shell",
         .words = "bash|zsh|fish",
         .least_words = 1,
         .most_words = 1,
         .example = "oci-rt completion bash > /etc/bash_completion.d/oci-rt"},
    Verb{.name = "help",
         .summary = "explain oci-rt or one of its verbs",
         .words = "[VERB]",
         .most_words = 1,
         .example = "oci-rt help create"},
};

}  // namespace

std::span<const Verb> verbs() noexcept { return the_verbs; }

const Verb* find_verb(std::string_view name) noexcept {
    const auto* found = std::ranges::find(the_verbs, name, &Verb::name);
    return found == the_verbs.end() ? nullptr : found;
}

OptionTable options_of(const Verb& verb, VerbOptions& options) {
    OptionTable table;
    if (verb.describe != nullptr) verb.describe(table, options);
    table.push_back({'h', "help", "", "show this help and exit", &options.help});
    return table;
}

}  // namespace oci::cli
