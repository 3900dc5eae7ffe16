// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/watch.hpp"

#include <fcntl.h>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "features/cgroups/events.hpp"
#include "features/cgroups/stats.hpp"
#include "kernel/files.hpp"
#include "kernel/path_in_root.hpp"
#include "kernel/text_file.hpp"

namespace oci::cgroups {
namespace {

kernel::SysResult<std::uint64_t> read_kills(FdView memory_events) noexcept {
    std::array<char, 512> buffer{};
    const std::size_t size = OCI_TRY(kernel::read_at(memory_events, buffer, 0));
    return number_behind({buffer.data(), size}, "oom_kill").value_or(0);
}

/// The trigger lives as long as the descriptor.
kernel::SysResult<UniqueFd> set_trigger(FdView cgroup, const std::string& file) {
    UniqueFd opened = OCI_TRY(kernel::open_beneath(cgroup, file.c_str(), O_RDWR | O_NONBLOCK));
    // With its terminating zero. Windows of whole 2 s are granted to everybody (Linux 6.5).
    constexpr std::string_view trigger{"some 300000 2000000", 20};
    OCI_TRY(kernel::write_some(opened, trigger));
    return opened;
}

}  // namespace

Result<Watch> Watch::begin(const Location& location) {
    Watch watch;
    if (!exists(location)) return watch;
    const UniqueFd cgroup =
        OCI_TRY(explain(open_existing(location), "cannot open cgroup {}", display(location)));
    auto memory = kernel::open_beneath(cgroup, "memory.events", O_RDONLY);
    if (memory) watch.memory_events_ = std::move(memory).value();
    watch.events_ = OCI_TRY(explain(open_events(cgroup), "cannot watch {}", display(location)));
    // The first read also tells the kernel from when on a change is one.
    if (watch.memory_events_) {
        const auto kills = read_kills(watch.memory_events_);
        watch.oom_kills_ = kills ? kills.value() : 0;
    }
    const auto now = read_events(watch.events_);
    watch.frozen_ = now && now.value().frozen;
    return watch;
}

std::array<pollfd, 2> Watch::wanted() const noexcept {
    return {pollfd{memory_events_.get(), POLLPRI, 0}, pollfd{events_.get(), POLLPRI, 0}};
}

Changes Watch::look() {
    Changes changes;
    if (memory_events_) {
        const auto kills = read_kills(memory_events_);
        changes.out_of_memory = kills && kills.value() > oom_kills_;
        if (kills) oom_kills_ = kills.value();
        if (!kills) memory_events_.reset();
    }
    if (events_) {
        const auto now = read_events(events_);
        if (!now) events_.reset();
        const bool frozen = now && now.value().frozen;
        changes.paused = now && frozen && !frozen_;
        changes.resumed = now && !frozen && frozen_;
        if (now) frozen_ = frozen;
    }
    return changes;
}

std::optional<PressureStats> PressureTrigger::read() const {
    std::array<char, 512> buffer{};
    const auto size = kernel::read_at(file, buffer, 0);
    if (!size) return std::nullopt;
    return parse_pressure({buffer.data(), size.value()});
}

Result<std::vector<PressureTrigger>> set_pressure_triggers(const Location& location) {
    std::vector<PressureTrigger> triggers;
    const UniqueFd cgroup =
        OCI_TRY(explain(open_existing(location), "cannot open cgroup {}", display(location)));
    kernel::SysError last{ENOENT, "open"};
    for (const char* resource : {"cpu", "memory", "io"}) {
        auto file = set_trigger(cgroup, std::string{resource} + ".pressure");
        if (file)
            triggers.push_back({resource, std::move(file).value()});
        else
            last = file.error();
    }
    if (!triggers.empty()) return triggers;
    return with(
        fail(ErrorKind::Unsupported, "{}: this kernel tells of no pressure (PSI): {}: {}",
             display(location), last.call, kernel::errno_text(last.code)),
        {.number = last.code, .hint = "boot it with psi=1, if it is built with CONFIG_PSI"});
}

}  // namespace oci::cgroups
