// SPDX-License-Identifier: Apache-2.0
#include "base/details.hpp"
#include "base/explain.hpp"
#include "features/cgroups/cgroups.hpp"
#include "features/cgroups/controllers/controllers.hpp"
#include "features/cgroups/delegation.hpp"
#include "features/cgroups/systemd/limits.hpp"

namespace oci::cgroups {
namespace {

Result<Location> locate(const Spec& spec, const host::Facts& facts, const std::string& id) {
    const std::string& wanted = spec.linux_section.cgroups_path;
    if (wanted.empty())
        return Location{.mount_point = facts.cgroup.mount_point,
                        .path = "/oci-rt/" + id,
                        .made_ancestors = 1};  // whoever is last of all removes it
    Location location{.mount_point = facts.cgroup.mount_point};
    location.path = OCI_TRY(parse_cgroups_path(wanted));
    return location;
}

Result<void> plan_resources(const Resources& resources, Plan& plan) {
    plan.writes = OCI_TRY(plan_controllers(resources));
    // The kernel counts who is cloned into a cgroup, and the hop before init.
    for (Write& write : plan.writes) write.after_clone = write.file == "pids.max";
    if (resources.devices) plan.device_program = OCI_TRY(plan_device_program(*resources.devices));
    plan.warnings = warnings_of(resources);
    return {};
}

/// The unit, and what of the limits it is to have from annotations instead.
Result<void> plan_unit(const Spec& spec, const host::Facts& facts, const std::string& id,
                       Plan& plan) {
    plan.unit = OCI_TRY(systemd::plan_unit(spec, facts, id));
    plan.location = systemd::locate(plan.unit, facts);
    plan.writes = systemd::without_files_of(plan.unit.annotated, plan.writes);
    const auto& devices = spec.linux_section.resources.devices;
    if (!devices || !facts.is_host_root()) return {};
    std::vector<DeviceAccess> rules = OCI_TRY(plan_device_access(*devices));
    plan.unit.devices = {std::move(rules), plan.device_program.empty()};
    return {};
}

Plan without_cgroup(Plan plan) {
    return Plan{.sub_cgroup = std::move(plan.sub_cgroup), .warnings = std::move(plan.warnings)};
}

}  // namespace

Result<Plan> plan(const Spec& spec, const host::Facts& facts, const std::string& id,
                  CgroupDriver driver) {
    const bool is_unit = driver == CgroupDriver::Systemd;
    Plan plan;
    OCI_TRY(plan_resources(spec.linux_section.resources, plan));
    if (is_unit)
        OCI_TRY(plan_unit(spec, facts, id, plan));
    else
        plan.location = OCI_TRY(locate(spec, facts, id));
    plan.beside_caller =
        !is_unit && !facts.is_host_root() && spec.linux_section.cgroups_path.empty();
    plan.owner = plan_owner(spec);
    plan.sub_cgroup = OCI_TRY(plan_sub_cgroup(spec));
    plan.device_filter_needed = facts.is_host_root();
    const bool asks_for_path = is_unit || !spec.linux_section.cgroups_path.empty();
    const bool limits =
        limits_anything(plan.writes) || (plan.device_filter_needed && !plan.device_program.empty());
    if (driver == CgroupDriver::Disabled) {
        if (limits)
            plan.warnings.emplace_back(
                "/linux/resources: ignored, because cgroups are disabled on the command line");
        return without_cgroup(std::move(plan));
    }
    if (facts.cgroup.mount_point.empty()) {
        if (!asks_for_path && !limits) return without_cgroup(std::move(plan));
        return with(
            fail(ErrorKind::Unsupported, "{}: cgroup v2 is not mounted",
                 asks_for_path ? "/linux/cgroupsPath" : "/linux/resources"),
            {.code = "cgroup-not-mounted", .hint = "try \"mount -t cgroup2 none /sys/fs/cgroup\""});
    }
    plan.optional = !facts.is_host_root() && !asks_for_path && !limits;
    return plan;
}

void describe(Features& features) {
    features.cgroup_v2 = true;
    features.cgroup_systemd = true;
    features.cgroup_systemd_user = true;
    features.cgroup_rdma = true;
}

}  // namespace oci::cgroups
