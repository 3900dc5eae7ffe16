// SPDX-License-Identifier: Apache-2.0
//
// process.args and process.env: the program, its arguments and its environment,
// laid out before clone() so that init only has to choose and to execute.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <vector>

#include "features/progress.hpp"
#include "kernel/sys_result.hpp"
#include "oci-rt/spec.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::arguments {

/// Its pointers lead into its own texts: movable, never copied.
struct Plan {
    Plan() = default;
    Plan(Plan&&) = default;
    Plan& operator=(Plan&&) = default;
    Plan(const Plan&) = delete;
    Plan& operator=(const Plan&) = delete;
    ~Plan() = default;

    std::vector<std::string> texts;  ///< Arguments, then variables.
    std::vector<char*> argv;         ///< Ends with nullptr, as envp does.
    std::vector<char*> envp;
    std::vector<std::string> candidates;  ///< Paths to try in this order.
    bool is_searched = false;             ///< args[0] has no slash: candidates are of PATH.
    std::size_t chosen = 0;               ///< The candidate to execute; set in init.
    std::vector<char> home;               ///< "HOME=/" with room to grow; empty: HOME is given.
};

/// The last of equally named variables counts and keeps its place.
Result<Plan> plan(const Process& process);

/// Init: HOME from etc/passwd below root, unless process.env gives it; "/" if
/// that file is missing, strange, or does not know the user. Never fails.
kernel::SysResult<void> find_home(Plan& plan, FdView root, uid_t uid) noexcept;

/// Init, with final credentials and working directory: chooses the candidate.
kernel::SysResult<void> find_program(Plan& plan, Progress& progress) noexcept;

/// Init: becomes the payload. Returns only if it failed.
kernel::SysResult<void> execute(const Plan& plan) noexcept;

/// Parent: what find_program's errno means, in the words that engines look for:
/// `exec: "foo": executable file not found in $PATH`.
[[nodiscard]] std::string describe_failure(const std::string& arg0, int code);

/// Parent: the same for execute(): `exec /run.sh: no such file or directory`.
[[nodiscard]] std::string describe_failed_execution(const std::string& path, int code);

}  // namespace oci::arguments
