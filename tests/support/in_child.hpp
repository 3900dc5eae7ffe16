// SPDX-License-Identifier: Apache-2.0
//
// Runs what changes a process for good in a process of its own.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

namespace test {

/// The answer of act() in a forked child (0..255); -1 if a signal ended it. No
/// CHECK in there: Catch2 counts in the parent only.
template <typename Act>
int in_child(Act act) {
    const pid_t pid = ::fork();
    if (pid == 0) ::_exit(act());
    int status = 0;
    ::waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

inline bool is_root() { return ::geteuid() == 0; }

}  // namespace test
