// SPDX-License-Identifier: Apache-2.0
#include "kernel/watch.hpp"

#include <sys/inotify.h>

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

void drain(FdView watch) noexcept {
    std::array<char, 4096> buffer;
    for (;;) {
        const auto count = read_some(watch, buffer);
        if (!count || count.value() == 0) return;
    }
}

}  // namespace oci::kernel
