// SPDX-License-Identifier: Apache-2.0
//
// Programs: the container's own, and its hooks.
#include <sys/stat.h>

#include <algorithm>
#include <array>

#include "base/path.hpp"
#include "base/shell.hpp"
#include "base/text.hpp"
#include "commands/validate/checks.hpp"
#include "commands/validate/container_files.hpp"
#include "features/process/arguments.hpp"
#include "kernel/files.hpp"

namespace oci::commands {
namespace {

/// Hooks that run before the program is looked for may still put it there.
bool has_early_hooks(const Hooks& hooks) {
    return !hooks.prestart.empty() || !hooks.create_runtime.empty() ||
           !hooks.create_container.empty();
}

/// A directory of that name does not end the search in PATH.
Sight best_sight(const ContainerFiles& files, const Process& process,
                 const std::vector<std::string>& candidates) {
    Sight best = Sight::Missing;
    for (const std::string& candidate : candidates) {
        const Sight sight = files.look(clean_path(join_path(process.cwd, candidate)));
        if (sight == Sight::Unknown || sight == Sight::Executable) return sight;
        if (sight == Sight::NotExecutable) best = sight;
    }
    return best;
}

void check_program(const Subject& subject, const Process& process, const ContainerFiles& files,
                   Report& report) {
    constexpr std::size_t most_candidates = 1000;
    const auto plan = arguments::plan(process);
    if (!plan || plan.value().candidates.size() > most_candidates) return;
    if (process.args[0].empty() || !process.cwd.starts_with('/')) return;
    const Sight sight = best_sight(files, process, plan.value().candidates);
    if (sight == Sight::Unknown || sight == Sight::Executable) return;
    const bool is_there = sight == Sight::NotExecutable;
    const std::string_view why = is_there ? "no one may execute it: its mode has no x bit"
                                 : plan.value().is_searched ? "executable file not found in $PATH"
                                                            : "no such file in the container";
    const std::string path = clean_path(join_path(process.cwd, process.args[0]));
    report.add({has_early_hooks(subject.spec.hooks) ? Severity::Warning : Severity::Error,
                is_there ? "program-not-executable" : "program-not-found", "/process/args/0",
                fmt::format("{}: {}", json_quoted(process.args[0]), why),
                is_there && !plan.value().is_searched
                    ? "chmod +x " + shell_quoted(subject.rootfs + path)
                    : ""});
}

/// What is missing is made.
void check_working_directory(const Process& process, const ContainerFiles& files, Report& report) {
    if (!process.cwd.starts_with('/')) return;
    const Sight sight = files.look(clean_path(process.cwd));
    if (sight == Sight::Executable || sight == Sight::NotExecutable)
        report.error("cwd-unfit", "/process/cwd",
                     fmt::format("{} is no directory in the container", process.cwd));
}

struct HookList {
    std::string_view name;
    std::vector<Hook> Hooks::*hooks;
    Severity severity;
};
/// What fails after start is only logged.
constexpr std::array lists{
    HookList{"prestart", &Hooks::prestart, Severity::Error},
    HookList{"createRuntime", &Hooks::create_runtime, Severity::Error},
    HookList{"createContainer", &Hooks::create_container, Severity::Error},
    HookList{"startContainer", &Hooks::start_container, Severity::Error},
    HookList{"poststart", &Hooks::poststart, Severity::Warning},
    HookList{"poststop", &Hooks::poststop, Severity::Warning},
};

Sight sight_on_host(const std::string& path) {
    const auto status = kernel::status_behind(kernel::here, path.c_str());
    if (!status) return status.error().code == EACCES ? Sight::Unknown : Sight::Missing;
    const bool can_run = S_ISREG(status.value().st_mode) && (status.value().st_mode & 0111U) != 0;
    return can_run ? Sight::Executable : Sight::NotExecutable;
}

/// startContainer hooks are files of the container; earlier ones may put them there.
void check_hooks(const Subject& subject, const ContainerFiles& files, Report& report) {
    const Hooks& hooks = subject.spec.hooks;
    for (const HookList& list : lists) {
        const bool is_inside = list.hooks == &Hooks::start_container;
        const Severity severity =
            is_inside && has_early_hooks(hooks) ? Severity::Warning : list.severity;
        for (std::size_t i = 0; i < (hooks.*list.hooks).size(); ++i) {
            const std::string& path = (hooks.*list.hooks)[i].path;
            if (!path.starts_with('/')) continue;
            const Sight sight = is_inside ? files.look(clean_path(path)) : sight_on_host(path);
            if (sight == Sight::Unknown || sight == Sight::Executable) continue;
            const bool is_missing = sight == Sight::Missing;
            const std::string place =
                is_inside ? subject.rootfs + clean_path(path) : clean_path(path);
            report.add({severity, is_missing ? "hook-missing" : "hook-not-executable",
                        fmt::format("/hooks/{}/{}/path", list.name, i),
                        fmt::format("{} {}", path,
                                    is_missing && is_inside ? "does not exist in the container"
                                    : is_missing            ? "does not exist on this host"
                                                            : "is not an executable file"),
                        sight == Sight::NotExecutable ? "chmod +x " + shell_quoted(place) : ""});
        }
    }
}

}  // namespace

void check_programs(const Subject& subject, const ContainerFiles& files, Report& report) {
    if (subject.spec.process) {
        check_working_directory(*subject.spec.process, files, report);
        check_program(subject, *subject.spec.process, files, report);
    }
    check_hooks(subject, files, report);
}

}  // namespace oci::commands
