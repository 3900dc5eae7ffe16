// SPDX-License-Identifier: Apache-2.0
//
// A place of our own in the real cgroup hierarchy, and processes to put into it.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <string>

#include "features/cgroups/cgroups.hpp"
#include "host/facts.hpp"
#include "kernel/process.hpp"
#include "support/catch.hpp"

namespace oci::test {

/// Whether tests may make cgroups here; says so if not.
[[nodiscard]] inline bool has_real_cgroups() {
    static const host::Facts facts = host::measure();
    if (facts.is_host_root() && !facts.cgroup.mount_point.empty()) return true;
    WARN("skipped: needs root and a mounted cgroup2");
    return false;
}

/// A plan for a cgroup below one that only this test process uses.
[[nodiscard]] inline cgroups::Plan plan_real_cgroup(const std::string& name, Spec spec = {}) {
    spec.linux_section.cgroups_path = "/oci-rt-test-" + std::to_string(::getpid()) + "/" + name;
    auto plan = cgroups::plan(spec, host::measure(), name, CgroupDriver::Cgroupfs);
    REQUIRE(plan);
    return std::move(plan).value();
}

/// A child that does an act in the cgroup and exits with its answer.
template <typename Act>
[[nodiscard]] kernel::Process start_in(FdView cgroup, Act act) {
    auto clone = kernel::clone({.flags = 0, .cgroup = cgroup.get()});
    REQUIRE(clone);
    if (clone.value().pid == 0) ::_exit(act());
    return {clone.value().pid, std::move(clone.value().pidfd)};
}

/// A child that lives until it is killed.
[[nodiscard]] inline kernel::Process start_sleeper(FdView cgroup) {
    return start_in(cgroup, [] {
        for (;;) ::pause();
        return 0;
    });
}

/// The path as the kernel shows it, for looking at it behind the room's back.
[[nodiscard]] inline std::string real_path(const cgroups::Location& location) {
    return location.mount_point + location.path;
}

}  // namespace oci::test
