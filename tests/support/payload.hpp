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

/// Prints when and where it runs: scheduler, I/O priority, processors, memory policy, personality.
int scheduling(int argc, char** argv);

/// Tries a system call by name; prints {"name": errno, …} for each one asked.
int try_system_calls(int argc, char** argv);

/// Calls getppid by every way into the kernel; a line for each: "i386 errno 99", "x32 killed 31".
int entries(int argc, char** argv);

/// Looks out of each process that enters, for the file named: says "host reached".
int watch(int argc, char** argv);

/// Takes each process that enters by ptrace(2): says "seized", or that it holds more than this one.
int seize(int argc, char** argv);

/// Sends a forged message (text, hooks, started, ready) in the name of each process that enters.
int speak(int argc, char** argv);

/// Writes to the executable of each process that enters: says "written".
int overwrite(int argc, char** argv);

/// Uses so many megabytes, says "held", and keeps them for so many seconds.
int hold(int argc, char** argv);

/// Runs for so many milliseconds; prints how many of them it had a processor.
int burn(int argc, char** argv);

/// Makes so many processes; prints how many there could be.
int forks(int argc, char** argv);

/// read or write, FILE, BYTES, COUNT: past all caches; prints how many milliseconds it took.
int use_disk(int argc, char** argv);

/// Runs for so many milliseconds after so many of sleep, so many times.
int hold_later(int argc, char** argv);
int pulse(int argc, char** argv);
int count(int argc, char** argv);

/// Reads a file through the page cache, says "held", and sleeps for so many seconds.
int hold_file(int argc, char** argv);

/// Asks for so many megabytes of huge pages; prints the errno.
int hold_huge(int argc, char** argv);

/// serve-http PORT DIRECTORY: its files, to whoever connects; says "ready".
int serve_http(int argc, char** argv);
/// serve-echo PORT: sends each packet back.
int serve_echo(int argc, char** argv);

/// Text as a JSON string, bytes outside ASCII as \u00XX.
std::string quoted(std::string_view text);

/// The whole of a (proc) file; empty if it cannot be read.
std::string slurp(const char* path);

}  // namespace payload
