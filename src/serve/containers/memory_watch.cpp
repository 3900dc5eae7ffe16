// SPDX-License-Identifier: Apache-2.0
#include "serve/containers/memory_watch.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "kernel/files.hpp"
#include "kernel/text_file.hpp"
#include "kernel/watch.hpp"

namespace oci::serve {
namespace {

constexpr std::size_t largest_file = 4096;

MemoryEvents read_events(const std::string& path) {
    const auto text = kernel::read_text(kernel::here, path.c_str(), largest_file);
    return text ? parse_memory_events(text.value()) : MemoryEvents{};
}

std::uint64_t growth(std::uint64_t before, std::uint64_t now) {
    return now - std::min(before, now);
}

}  // namespace

MemoryEvents parse_memory_events(std::string_view text) {
    MemoryEvents events;
    for (const std::string_view line : split(text, '\n')) {
        const std::size_t space = line.find(' ');
        if (space == std::string_view::npos) continue;
        const auto number = parse_number<std::uint64_t>(line.substr(space + 1));
        const std::string_view word = line.substr(0, space);
        if (!number) continue;
        if (word == "high") events.high = *number;
        if (word == "max") events.max = *number;
        if (word == "oom_kill") events.oom_kill = *number;
    }
    return events;
}

bool MemoryWatch::begin() {
    if (watch_ != 0) return true;
    auto changes = kernel::open_file_watch();
    if (!changes) return false;
    changes_ = std::move(changes).value();
    const auto watch = reactor_.watch(changes_, EPOLLIN, [this](std::uint32_t) { take(); });
    if (watch) watch_ = watch.value();
    return watch_ != 0;
}

MemoryWatch::Ticket MemoryWatch::add(const std::string& cgroup, Act act) {
    if (cgroup.empty() || !begin()) return 0;
    Watched watched{.path = cgroup + "/memory.events", .act = std::move(act)};
    const auto number = kernel::add_file(changes_, watched.path.c_str());
    if (!number) return 0;
    watched.seen = read_events(watched.path);
    all_[number.value()] = std::move(watched);
    return number.value();
}

void MemoryWatch::take() {
    std::array<int, 64> numbers{};
    const auto count = kernel::next_changes(changes_, numbers);
    if (!count) return;
    for (std::size_t at = 0; at < count.value(); ++at) look(numbers.at(at));
}

void MemoryWatch::look(Ticket ticket) {
    const auto found = all_.find(ticket);
    if (found == all_.end()) return;
    MemoryEvents& seen = found->second.seen;
    const MemoryEvents now = read_events(found->second.path);
    const MemoryEvents grown{.high = growth(seen.high, now.high),
                             .max = growth(seen.max, now.max),
                             .oom_kill = growth(seen.oom_kill, now.oom_kill)};
    if (grown.high == 0 && grown.max == 0 && grown.oom_kill == 0) return;
    seen = now;
    const Act act = found->second.act;  // it may remove itself
    act(grown);
}

void MemoryWatch::remove(Ticket ticket) {
    if (all_.erase(ticket) == 0) return;
    (void)kernel::remove_file(changes_, ticket);  // it may have gone with its cgroup
}

}  // namespace oci::serve
