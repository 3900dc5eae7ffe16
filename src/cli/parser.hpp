// SPDX-License-Identifier: Apache-2.0
//
// argv to options, in two steps: what stands before the verb tells where to
// log, so that a mistake behind the verb can be logged.
#pragma once

#include <string>
#include <vector>

#include "cli/verbs.hpp"
#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"

namespace oci::cli {

struct Invocation {
    Globals globals;
    const Verb* verb = nullptr;       ///< nullptr: none was given (--help, --version), or:
    std::string unknown_verb;         ///< What stands in its place and is none.
    std::vector<std::string> behind;  ///< Arguments behind the verb, as written.
    VerbOptions options;
    std::vector<std::string> words;  ///< ID and what follows it.
};

/// Fills in globals, verb and behind. arguments: argv without the program.
Result<Invocation> parse_globals(const std::vector<std::string>& arguments);

/// Fills in options and words; with options.help set, words may be too few. Unsupported if the
/// verb is one that other runtimes have.
Result<void> parse_verb(Invocation& invocation);

}  // namespace oci::cli
