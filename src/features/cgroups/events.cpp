// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/events.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>

#include "kernel/files.hpp"
#include "kernel/path_in_root.hpp"

namespace oci::cgroups {

kernel::SysResult<UniqueFd> open_events(FdView cgroup) noexcept {
    return kernel::open_beneath(cgroup, "cgroup.events", O_RDONLY);
}

kernel::SysResult<Events> read_events(FdView events) noexcept {
    std::array<char, 256> buffer{};
    const std::size_t size = OCI_TRY(kernel::read_at(events, buffer, 0));
    const std::string_view text{buffer.data(), size};
    return Events{
        .populated = text.find("populated 1") != std::string_view::npos,
        .frozen = text.find("frozen 1") != std::string_view::npos,
    };
}

kernel::SysResult<bool> wait_for_event(FdView events, bool Events::*member, bool value,
                                       int milliseconds) noexcept {
    using clock = std::chrono::steady_clock;
    const auto deadline = clock::now() + std::chrono::milliseconds{milliseconds};
    for (;;) {
        const Events now = OCI_TRY(read_events(events));
        if (now.*member == value) return true;
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(deadline - clock::now()).count();
        if (left <= 0) return false;
        // A change between the read above and this poll is not lost: the kernel compares with
        // what the last read has seen.
        OCI_TRY(kernel::wait_changed(events, static_cast<int>(left)));
    }
}

}  // namespace oci::cgroups
