// SPDX-License-Identifier: Apache-2.0
//
// Where warnings go while a verb works, and how the last error is told.
#pragma once

#include <string>

#include "base/log.hpp"
#include "cli/verbs.hpp"
#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"

namespace oci::cli {

/// Opens the log file, if there is one, or reaches the daemon that logs. The file exists
/// from then on, even if nothing is written: callers read it after a failure.
Result<log::Sink> open_log(const Globals& globals);

/// One line into the log file and one plain line on standard error; without a
/// file one line of the chosen format on standard error.
void report_failure(const Globals& globals, const Error& error);

/// A mistake in argv: said in words on standard error, with where help is.
void report_usage(const Globals& globals, const Verb* verb, const Error& mistake);

}  // namespace oci::cli
