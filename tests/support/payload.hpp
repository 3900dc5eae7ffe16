// SPDX-License-Identifier: Apache-2.0
//
// The program that runs inside the containers of the integration tests: it
// tells facts about its world as JSON, and does small acts on request.
#pragma once

#include <string>
#include <string_view>

namespace payload {

/// Prints one JSON object with everything a container can see of itself.
int report(int argc, char** argv);

/// Tries a system call by name; prints {"name": errno, …} for each one asked.
int try_system_calls(int argc, char** argv);

/// Text as a JSON string, bytes outside ASCII as \u00XX.
std::string quoted(std::string_view text);

/// The whole of a (proc) file; empty if it cannot be read.
std::string slurp(const char* path);

}  // namespace payload
