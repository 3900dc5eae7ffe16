// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include "base/advice.hpp"
#include "base/log.hpp"
#include "base/phase.hpp"
#include "commands/container.hpp"
#include "commands/create.hpp"
#include "commands/out_of_memory.hpp"
#include "commands/start.hpp"
#include "engine/foreground.hpp"
#include "engine/interruption.hpp"

namespace oci {
namespace {

/// What `run` made, it takes away again, whatever happened in between.
void remove_again(const Runtime& runtime, const ContainerId& id) {
    const auto removed = runtime.remove(id, {.force = true});
    if (!removed)
        log::warning("cannot delete container {}: {}", id.text(), text_of(removed.error()));
}

}  // namespace

Result<int> Runtime::run(const ContainerId& id, const RunOptions& options) const {
    inherited_fds::Plan inherited =
        OCI_TRY(in_phase("arguments", commands::inherit(options.create)));
    std::optional<engine::Foreground> foreground;
    if (!options.detach) {
        engine::Foreground begun =
            OCI_TRY(in_phase("foreground", engine::Foreground::begin(!options.no_subreaper)));
        foreground.emplace(std::move(begun));
    }
    std::optional<engine::Interruption> interruption;
    if (options.detach) interruption.emplace();
    const FdView stop = interruption ? interruption->fd() : FdView{-1};
    const auto detached = options.detach ? commands::Detached::Yes : commands::Detached::No;
    commands::Created created = OCI_TRY(
        commands::create(settings_, id, options.create, std::move(inherited), detached, stop));
    commands::OutOfMemoryWatch memory;
    if (foreground) memory = commands::OutOfMemoryWatch::begin(created.cgroup);
    auto started = commands::start(settings_, id);
    if (!started) {
        remove_again(*this, id);
        return Failure{started.error()};
    }
    if (options.detach) {
        started.value().wait_until_ready();
        (void)created.launched.process.release();  // init lives on, for the caller's subreaper
        return 0;
    }
    const kernel::Process process = std::move(created.launched.process);
    auto ended =
        in_phase("foreground", foreground->stay(process, std::move(created.launched.terminal),
                                                std::move(started).value(), memory.lookout()));
    if (ended) memory.tell(ended.value(), settings_, id);
    if (!options.keep) remove_again(*this, id);
    return ended;
}

}  // namespace oci
