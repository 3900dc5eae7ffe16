// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>

#include "base/explain.hpp"
#include "features/cgroups/cgroups.hpp"
#include "features/cgroups/events.hpp"
#include "kernel/files.hpp"
#include "kernel/path_in_root.hpp"

namespace oci::cgroups {
namespace {

kernel::SysResult<void> ask_for(FdView cgroup, bool frozen) noexcept {
    const UniqueFd file = OCI_TRY(kernel::open_beneath(cgroup, "cgroup.freeze", O_WRONLY));
    OCI_TRY(kernel::write_some(file, frozen ? "1" : "0"));
    return {};
}

kernel::SysResult<void> ask_and_wait(FdView cgroup, bool frozen) noexcept {
    const UniqueFd events = OCI_TRY(open_events(cgroup));
    OCI_TRY(ask_for(cgroup, frozen));
    const bool reached =
        OCI_TRY(wait_for_event(events, &Events::frozen, frozen, patience_milliseconds));
    if (!reached) return kernel::refuse(ETIMEDOUT, "cgroup.events");
    return {};
}

Result<UniqueFd> open_own(const Location& location) {
    if (!exists(location))
        return fail(ErrorKind::WrongStatus, "the container has no cgroup of its own");
    return explain(open_existing(location), "cannot open cgroup {}", display(location));
}

}  // namespace

Result<void> freeze(const Location& location) {
    const UniqueFd cgroup = OCI_TRY(open_own(location));
    const auto frozen = ask_and_wait(cgroup, true);
    if (!frozen) (void)ask_for(cgroup, false);  // the failure above is what counts
    return explain(frozen, "cannot freeze cgroup {}", display(location));
}

Result<void> thaw(const Location& location) {
    const UniqueFd cgroup = OCI_TRY(open_own(location));
    return explain(ask_and_wait(cgroup, false), "cannot thaw cgroup {}", display(location));
}

Result<bool> is_frozen(const Location& location) {
    if (!exists(location)) return false;
    const auto look = [&]() -> kernel::SysResult<bool> {
        const UniqueFd cgroup = OCI_TRY(open_existing(location));
        const UniqueFd events = OCI_TRY(open_events(cgroup));
        const Events now = OCI_TRY(read_events(events));
        return now.frozen;
    };
    auto frozen = look();
    if (!frozen && is_gone(frozen.error())) return false;
    return explain(std::move(frozen), "cannot tell whether cgroup {} is frozen", display(location));
}

}  // namespace oci::cgroups
