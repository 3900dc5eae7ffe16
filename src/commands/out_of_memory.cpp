// SPDX-License-Identifier: Apache-2.0
#include "commands/out_of_memory.hpp"

#include <csignal>

#include "base/log.hpp"
#include "features/cgroups/stats.hpp"

namespace oci::commands {
namespace {

std::string limit_text(const cgroups::Location& location) {
    const Amount limit = cgroups::memory_limit(location);
    if (!limit) return "the container itself has no memory limit";
    return fmt::format("memory limit {} bytes", *limit);
}

}  // namespace

Error with_oom_killer(Error error, const cgroups::Location& location) {
    if (error.code != "init-killed" && error.code != "init-lost") return error;
    if (cgroups::oom_kills(location).value_or(0) == 0) return error;
    error.message = fmt::format(
        "the container's first process was killed by the OOM killer before its program "
        "ran ({})",
        limit_text(location));
    error.code = "oom-killed";
    error.pointer = "/linux/resources/memory/limit";
    error.hint = "raise the memory limit";
    return error;
}

void warn_of_oom_killer(int status, const cgroups::Location& location, Amount before) {
    if (status != 128 + SIGKILL) return;
    const Amount now = cgroups::oom_kills(location);
    if (now.value_or(0) > before.value_or(0))
        log::warning("killed by the OOM killer ({})", limit_text(location));
}

}  // namespace oci::commands
