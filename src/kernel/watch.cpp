// SPDX-License-Identifier: Apache-2.0
#include "kernel/watch.hpp"

#include <sys/inotify.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include <fmt/format.h>

#include "kernel/files.hpp"

namespace oci::kernel {

SysResult<bool> wait_for_any(std::span<pollfd> wanted, int milliseconds) noexcept {
    const auto ready = answer("poll", ::poll(wanted.data(), wanted.size(), milliseconds));
    if (!ready && ready.error().code == EINTR) return true;
    if (!ready) return Failure{ready.error()};
    return ready.value() > 0;
}

namespace {

SysResult<UniqueFd> watch_directory(FdView directory, std::uint32_t events) noexcept {
    const long fd = OCI_TRY(answer("inotify_init", ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)));
    UniqueFd watch{static_cast<int>(fd)};
    std::array<char, 32> path{};
    fmt::format_to_n(path.data(), path.size() - 1, "/proc/self/fd/{}", directory.get());
    OCI_TRY(answer("inotify_add_watch", ::inotify_add_watch(watch.get(), path.data(), events)));
    return watch;
}

}  // namespace

SysResult<UniqueFd> watch_removals(FdView directory) noexcept {
    return watch_directory(directory, IN_DELETE);
}

SysResult<UniqueFd> watch_changes(FdView directory) noexcept {
    return watch_directory(directory, IN_MODIFY | IN_CREATE | IN_MOVED_TO);
}

SysResult<UniqueFd> open_file_watch() noexcept {
    const long fd = OCI_TRY(answer("inotify_init", ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)));
    return UniqueFd{static_cast<int>(fd)};
}

SysResult<int> add_file(FdView watch, const char* path) noexcept {
    const long number =
        OCI_TRY(answer("inotify_add_watch", ::inotify_add_watch(watch.get(), path, IN_MODIFY)));
    return static_cast<int>(number);
}

SysResult<void> remove_file(FdView watch, int number) noexcept {
    OCI_TRY(answer("inotify_rm_watch", ::inotify_rm_watch(watch.get(), number)));
    return {};
}

SysResult<std::size_t> next_changes(FdView watch, std::span<int> room) noexcept {
    // Of files there are no names behind the records: all have the same size.
    std::array<inotify_event, 64> events{};
    const std::size_t most = std::min(events.size(), room.size());
    const std::size_t size = OCI_TRY(
        read_some(watch, {reinterpret_cast<char*>(events.data()), most * sizeof(inotify_event)}));
    const std::size_t count = size / sizeof(inotify_event);
    for (std::size_t at = 0; at < count; ++at) room[at] = events[at].wd;
    return count;
}

void drain(FdView watch) noexcept {
    std::array<char, 4096> buffer;
    for (;;) {
        const auto count = read_some(watch, buffer);
        if (!count || count.value() == 0) return;
    }
}

}  // namespace oci::kernel
