// SPDX-License-Identifier: Apache-2.0
#include "commands/out_of_memory.hpp"

#include <csignal>

#include "base/log.hpp"
#include "base/path.hpp"
#include "container/record.hpp"
#include "container/store.hpp"
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

OutOfMemoryWatch OutOfMemoryWatch::begin(const cgroups::Location& location) {
    OutOfMemoryWatch begun;
    auto watch = cgroups::Watch::begin(location);
    if (watch) begun.watch_ = std::move(watch).value();
    begun.limit_ = limit_text(location);
    if (location.unit.empty() || begun.watch_.wanted()[0].fd < 0) return begun;
    const cgroups::Location above{.mount_point = location.mount_point,
                                  .path = std::string{parent_path(location.path)}};
    auto slice = cgroups::Watch::begin(above);
    if (slice) begun.slice_ = std::move(slice).value();
    return begun;
}

engine::Lookout OutOfMemoryWatch::lookout() {
    return {.alarm = [this] { return FdView{slice_.wanted()[0].fd}; }, .look = [this] { look(); }};
}

// What a slice counts includes its units, and stays. Looked at first and often, so that what is
// new there and not in a unit that is still there, was a neighbour.
void OutOfMemoryWatch::look() {
    const bool is_near = slice_.look().out_of_memory;
    const bool is_ours = watch_.look().out_of_memory;
    const bool is_gone = watch_.wanted()[0].fd < 0;
    if (!is_ours && !(is_gone && is_near)) return;
    is_seen_ = true;
    kills_ = is_ours ? watch_.oom_kills() : kills_ + 1;
}

void OutOfMemoryWatch::tell(int status, const Settings& settings, const ContainerId& id) const {
    if (!is_seen_) return;
    if (status == 128 + SIGKILL) log::warning("killed by the OOM killer ({})", limit_);
    const auto directory = container::open(settings.root, id, container::Locked::No);
    if (!directory) return;  // deleted meanwhile
    const auto noted = container::write_oom_kills(directory.value().fd(), kills_);
    if (!noted) log::debug("{}", noted.error().message);
}

}  // namespace oci::commands
