// SPDX-License-Identifier: Apache-2.0
//
// hooks: programs of the host's administrator that run at fixed moments of a
// container's life. The same runner serves the parent and init.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/fixed_text.hpp"
#include "features/hooks/output.hpp"
#include "kernel/sys_result.hpp"
#include "oci-rt/spec.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::hooks {

/// A hook ready to run. Its pointers lead into its own texts: movable, never copied.
struct Prepared {
    Prepared() = default;
    Prepared(Prepared&&) = default;
    Prepared& operator=(Prepared&&) = default;
    Prepared(const Prepared&) = delete;
    Prepared& operator=(const Prepared&) = delete;
    ~Prepared() = default;

    std::vector<std::string> texts;  ///< The path, the arguments, the variables.
    std::vector<char*> argv;         ///< Ends with nullptr, as envp does.
    std::vector<char*> envp;
    std::int64_t timeout_seconds = 0;  ///< 0: none.

    [[nodiscard]] const char* path() const noexcept { return texts.front().c_str(); }
};

struct Plan {
    std::vector<Prepared> prestart;
    std::vector<Prepared> create_runtime;
    std::vector<Prepared> create_container;
    std::vector<Prepared> start_container;
    std::vector<Prepared> poststart;
    std::vector<Prepared> poststop;
    OutputPaths output_paths;
    OutputFiles output_files;  ///< From prepare_output() on.
};

Result<Plan> plan(const Spec& spec);

/// Parent: opens the files that the hooks of a new container write to.
Result<void> prepare_output(Plan& plan);

/// Hooks that were checked when the container was created: poststart and poststop from its record.
std::vector<Prepared> prepare(const std::vector<Hook>& hooks);

enum class Ending : std::uint8_t {
    Succeeded,
    NotRun,
    NotExecuted,
    Exited,
    Killed,
    TimedOut,
    Interrupted,
};

/// How the last hook ended. Plain bytes, so that init can send it.
struct Outcome {
    Ending ending = Ending::Succeeded;
    std::uint32_t index = 0;
    /// Exited: its status; Killed: the signal; NotExecuted: the errno of execve (or of
    /// before_exec); NotRun: the errno of what the runner itself could not do; TimedOut: the
    /// seconds it had.
    std::int32_t detail = 0;
};

/// What a hook wrote to its stdout and stderr: the beginning.
using Output = FixedText<1024>;

struct Extras {
    /// In the hook's process, right before execve, with all descriptors but 0, 1, 2 and
    /// the channel closed; an answer other than 0 is an errno and stops the hook.
    int (*before_exec)(const void* context, FdView channel) noexcept = nullptr;
    const void* context = nullptr;
    FdView channel{-1};        ///< Kept for before_exec, which gets it by another number; or none.
    Output* output = nullptr;  ///< Null: the hook writes to the caller's stdout and stderr.
    const OutputFiles* files = nullptr;  ///< Go before either; the output has none of it.
    FdView stop{-1};                     ///< If it becomes readable, the hook is ended; or none.
};

/// Runs hooks in order until one fails. Allocation-free. state_json is their stdin,
/// cwd (null: the caller's) their working directory, and their environment
/// exactly the configured one.
kernel::SysResult<void> run(const std::vector<Prepared>& hooks, std::string_view state_json,
                            const char* cwd, Outcome& outcome, const Extras& extras = {}) noexcept;

/// Parent: the error of an outcome. name: "createRuntime". path: the program of that hook.
Result<void> explain_outcome(std::string_view name, std::string_view path, const Outcome& outcome,
                             std::string_view output = {});

/// Where hooks of the parent run.
struct Place {
    const char* cwd;
    const OutputFiles& files;
    FdView stop{-1};  ///< As in Extras.
};

/// Parent: run(), with the output of a failed hook in the error.
Result<void> run_in_parent(std::string_view name, const std::vector<Prepared>& hooks,
                           std::string_view state_json, const Place& place);

/// Parent: runs all of them, a failed one is a warning (poststop).
void run_all(std::string_view name, const std::vector<Prepared>& hooks, std::string_view state_json,
             const Place& place);

/// As the spec names them: "prestart", …
[[nodiscard]] std::vector<std::string> names_of_all();

}  // namespace oci::hooks
