// SPDX-License-Identifier: Apache-2.0
//
// The container's cgroup: whether it can be made, and limited as it shall be.
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/path.hpp"
#include "base/text.hpp"
#include "commands/validate/checks.hpp"
#include "features/cgroups/cgroups.hpp"
#include "host/files.hpp"
#include "kernel/files.hpp"
#include "kernel/probes.hpp"

namespace oci::commands {
namespace {

/// The controllers of the root: what no parent can hand down cannot be had.
void check_controllers(const cgroups::Plan& plan, Report& report) {
    const std::string controllers =
        host::text_of_file(plan.location.mount_point + "/cgroup.controllers");
    for (const cgroups::Write& write : plan.writes) {
        const bool is_needed = !write.controller.empty() && !write.is_default;
        if (!is_needed || host::has_word(controllers, write.controller)) continue;
        report.error("controller-missing", write.property,
                     fmt::format("the cgroup controller \"{}\" is not available on this host, or "
                                 "cgroup v1 holds it",
                                 write.controller),
                     "oci-rt info");
    }
}

/// Limits of block devices begin with "8:0 ".
void check_block_devices(const cgroups::Plan& plan, Report& report) {
    constexpr std::array<std::string_view, 3> files{"io.max", "io.weight", "io.bfq.weight"};
    for (const cgroups::Write& write : plan.writes) {
        if (std::ranges::find(files, write.file) == files.end()) continue;
        const std::string device = write.value.substr(0, write.value.find(' '));
        if (device.find(':') == std::string::npos || host::exists("/sys/dev/block/" + device))
            continue;
        report.error("device-missing", write.property,
                     fmt::format("this host has no block device {}", device), "lsblk");
    }
}

/// The nearest of its ancestors that is there.
std::string ancestor_of(const cgroups::Location& location) {
    std::string_view path = location.path;
    while (path != "/" && !host::exists(location.mount_point + std::string{path}))
        path = parent_path(path);
    return location.mount_point + (path == "/" ? "" : std::string{path});
}

void check_place(const Subject& subject, cgroups::Plan& plan, Report& report) {
    if (!plan.location.unit.empty()) return;  // where systemd makes it, it knows
    const bool is_chosen = !subject.spec.linux_section.cgroups_path.empty();
    const std::string pointer = is_chosen ? "/linux/cgroupsPath" : "/linux/resources";
    const std::string ancestor = ancestor_of(plan.location);
    if (!plan.optional && !kernel::check_access(kernel::here, ancestor.c_str(), W_OK | X_OK))
        report.error("cgroup-not-writable", pointer,
                     fmt::format("the caller may make no cgroup below {}", ancestor),
                     subject.facts.effective_user == 0
                         ? ""
                         : "systemd-run --user --scope --property=Delegate=yes oci-rt run …");
    if (!is_chosen) return;
    // It may be the container of this very bundle that is in there.
    const auto expected = cgroups::expect(plan);
    if (!expected) report.warning("cgroup-in-use", pointer, expected.error().message);
}

}  // namespace

void check_cgroup(const Subject& subject, Report& report) {
    auto plan =
        cgroups::plan(subject.spec, subject.facts, "validate", subject.settings.cgroup_driver);
    if (!plan || !cgroups::exists(plan.value().location)) return;
    check_controllers(plan.value(), report);
    check_block_devices(plan.value(), report);
    if (plan.value().location.unit.empty()) (void)cgroups::reach(plan.value());
    check_place(subject, plan.value(), report);
}

}  // namespace oci::commands
