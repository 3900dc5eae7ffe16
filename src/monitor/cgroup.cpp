// SPDX-License-Identifier: Apache-2.0
#include "monitor/cgroup.hpp"

#include <fcntl.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <string>

#include "kernel/files.hpp"
#include "kernel/text_file.hpp"

namespace oci::monitor {

std::uint64_t oom_kills_in(std::string_view memory_events) noexcept {
    constexpr std::string_view name = "oom_kill ";
    std::size_t at = memory_events.find(name);
    // "oom_group_kill" ends alike, but is another line.
    while (at != std::string_view::npos && at != 0 && memory_events[at - 1] != '\n')
        at = memory_events.find(name, at + 1);
    if (at == std::string_view::npos) return 0;
    std::uint64_t count = 0;
    const char* const begin = memory_events.data() + at + name.size();
    (void)std::from_chars(begin, memory_events.data() + memory_events.size(), count);
    return count;
}

Cgroup Cgroup::of(FdView state) {
    Cgroup cgroup;
    const auto note = kernel::read_text(state, "recovery", 65536);
    if (!note) return cgroup;
    // Its first two lines: where cgroup v2 is, and where in it the container.
    const std::string& text = note.value();
    const std::size_t first = text.find('\n');
    if (first == 0 || first == std::string::npos) return cgroup;
    const std::size_t second = text.find('\n', first + 1);
    if (second == std::string::npos) return cgroup;
    const std::string path = text.substr(0, first) + text.substr(first + 1, second - first - 1);
    auto directory = kernel::open_at(kernel::here, path.c_str(), O_PATH | O_DIRECTORY);
    if (!directory) return cgroup;
    cgroup.directory_ = std::move(directory).value();
    auto events = kernel::open_at(cgroup.directory_, "memory.events", O_RDONLY);
    if (events) cgroup.events_ = std::move(events).value();
    (void)cgroup.look();
    return cgroup;
}

bool Cgroup::look() noexcept {
    if (!events_) return false;
    std::array<char, 1024> buffer;
    const auto size = kernel::read_at(events_, buffer, 0);
    // ENODEV: the cgroup has been removed, and what it has said last counts.
    if (!size) {
        events_.reset();
        return false;
    }
    const std::uint64_t kills = oom_kills_in({buffer.data(), size.value()});
    const bool are_more = kills > oom_kills_;
    if (are_more) oom_kills_ = kills;
    return are_more;
}

kernel::SysResult<void> Cgroup::kill() const noexcept {
    if (!directory_) return kernel::refuse(ENOENT, "cgroup.kill");
    return kernel::write_text(directory_, "cgroup.kill", "1");
}

}  // namespace oci::monitor
