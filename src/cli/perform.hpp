// SPDX-License-Identifier: Apache-2.0
//
// From options to Runtime and back to text: one act per verb.
#pragma once

#include <string>

#include "cli/parser.hpp"
#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"

namespace oci::cli {

struct Outcome {
    int status = 0;      ///< Of the process that was waited for; else 0.
    std::string output;  ///< For standard output.
};

/// Carries out a parsed invocation, --help and --version included.
Result<Outcome> perform(const Invocation& invocation);

}  // namespace oci::cli
