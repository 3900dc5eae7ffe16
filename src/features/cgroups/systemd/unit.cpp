// SPDX-License-Identifier: Apache-2.0
#include "features/cgroups/systemd/unit.hpp"

#include <unistd.h>

#include <csignal>
#include <utility>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "features/cgroups/systemd/annotations.hpp"
#include "features/cgroups/systemd/devices.hpp"
#include "features/cgroups/systemd/limits.hpp"
#include "features/cgroups/systemd/manager.hpp"
#include "kernel/files.hpp"
#include "kernel/proc_files.hpp"

namespace oci::cgroups::systemd {
namespace {

Whose whose(const Location& location) { return location.is_of_user ? Whose::User : Whose::System; }

/// Until it is killed. It holds nothing of ours, above all no lock of a container.
[[noreturn]] void be_anchor(pid_t parent) noexcept {
    (void)kernel::die_with_parent(SIGKILL);
    if (::getppid() != parent) ::_exit(0);
    (void)kernel::close_range(0, ~0U);
    (void)kernel::new_session();  // no signal of the caller's terminal is meant for us
    for (;;) ::pause();
}

Result<kernel::Process> make_anchor() {
    const pid_t parent = ::getpid();
    kernel::Clone child =
        OCI_TRY(explain(kernel::clone({}), "cannot make the first process of a scope"));
    if (child.pid == 0) be_anchor(parent);
    return kernel::Process{child.pid, std::move(child.pidfd)};
}

/// All that is not a limit. anchor: 0 for a slice, which holds no processes.
Properties base_properties(const UnitPlan& plan, pid_t anchor) {
    Properties properties{{"Description", string(plan.description)}};
    if (is_slice(plan.name.unit)) {
        // A slice's place is in its name.
        properties.push_back({"Wants", strings({plan.name.slice})});
    } else {
        Value processes = array("u", {});
        processes.items.push_back(uint32(static_cast<std::uint32_t>(anchor)));
        properties.push_back({"Slice", string(plan.name.slice)});
        properties.push_back({"Delegate", boolean(true)});
        properties.push_back({"PIDs", std::move(processes)});
    }
    for (const char* name :
         {"CPUAccounting", "MemoryAccounting", "IOAccounting", "TasksAccounting"})
        properties.push_back({name, boolean(true)});
    properties.push_back({"DefaultDependencies", boolean(false)});
    return properties;
}

Properties all_properties(const UnitPlan& plan, pid_t anchor, const Writes& writes) {
    const Listener listener{.version = plan.manager->version(),
                            .is_slice = is_slice(plan.name.unit)};
    Properties all = base_properties(plan, anchor);
    for (Property& property : properties_of(writes, listener)) set(all, std::move(property));
    if (plan.devices)
        for (Property& property :
             device_properties(plan.devices->rules, plan.devices->allow_all, listener))
            set(all, std::move(property));
    for (const Property& property : plan.annotated) set(all, property);
    return all;
}

/// A property that systemd does not take came from an annotation most often: ours it knows.
Result<void> blame_annotation(Result<void> started, const Properties& annotated) {
    if (started || started.error().code != "unit-property-refused") return started;
    for (const Property& property : annotated)
        if (started.error().hint.find(" " + property.name + " ") != std::string::npos)
            return with(
                std::move(started),
                {.pointer = fmt::format("/annotations/{}{}", annotation_prefix, property.name)});
    return started;
}

/// Shared by the plan and by what is made from it: one connection for a verb.
Result<std::shared_ptr<Manager>> manager_of(const Location& location) {
    Manager manager = OCI_TRY(Manager::reach(whose(location)));
    return std::make_shared<Manager>(std::move(manager));
}

}  // namespace

Result<UnitPlan> plan_unit(const Spec& spec, const host::Facts& facts, const std::string& id) {
    const std::string& wanted = spec.linux_section.cgroups_path;
    UnitPlan plan;
    plan.name = OCI_TRY(parse_unit_path(wanted.empty() ? ":oci-rt:" + id : wanted,
                                        facts.is_host_root() ? "system.slice" : "user.slice"));
    plan.description = "oci-rt container " + id;
    plan.annotated = OCI_TRY(properties_of(spec.annotations));
    return plan;
}

Location locate(const UnitPlan& plan, const host::Facts& facts) {
    return {.mount_point = facts.cgroup.mount_point,
            .path = cgroup_of(plan.name),
            .made_ancestors = 0,
            .unit = plan.name.unit,
            .is_of_user = !facts.is_host_root()};
}

Result<void> reach(UnitPlan& plan, Location& location) {
    if (plan.manager) return {};
    plan.manager = OCI_TRY(manager_of(location));
    location.path = plan.manager->control_group() + cgroup_of(plan.name);
    return {};
}

Result<void> check_free(const UnitPlan& plan) {
    const bool active = OCI_TRY(plan.manager->is_active(plan.name.unit));
    if (!active || is_slice(plan.name.unit)) return {};
    return with(
        fail(ErrorKind::System, "systemd: the unit {} is in use by somebody else", plan.name.unit),
        {.code = "unit-exists",
         .pointer = "/linux/cgroupsPath",
         .hint = "choose another cgroupsPath, or \"systemctl stop\" it"});
}

Result<Started> start(const UnitPlan& plan, const Location& location, const Writes& writes) {
    Started started{.location = location, .anchor = {}};
    if (!is_slice(plan.name.unit)) started.anchor = OCI_TRY(make_anchor());
    const pid_t anchor = is_slice(plan.name.unit) ? 0 : started.anchor.pid();
    OCI_TRY(blame_annotation(
        plan.manager->start(plan.name.unit, all_properties(plan, anchor, writes)), plan.annotated));
    if (anchor != 0) {
        // The manager may know better than we did.
        auto path =
            explain(kernel::cgroup_of(anchor), "cannot find the cgroup of {}", plan.name.unit);
        if (!path) (void)plan.manager->stop(plan.name.unit);  // why we do not know is what counts
        started.location.path = OCI_TRY(std::move(path));
    }
    return started;
}

Result<void> stop(const Location& location, Manager* manager) {
    std::shared_ptr<Manager> own;
    if (manager == nullptr) own = OCI_TRY(manager_of(location));
    return (own ? own.get() : manager)->stop(location.unit);
}

Result<void> attach(const Location& location, const std::string& sub, pid_t process,
                    Manager* manager) {
    std::shared_ptr<Manager> own;
    if (manager == nullptr) own = OCI_TRY(manager_of(location));
    const std::string below = sub.empty() || sub == "." ? "" : "/" + sub;
    return (own ? own.get() : manager)->attach(location.unit, below, process);
}

Result<void> change(const Location& location, const Writes& writes, const DeviceRules* devices,
                    Manager* manager) {
    std::shared_ptr<Manager> own;
    if (manager == nullptr) own = OCI_TRY(manager_of(location));
    Manager& told = own ? *own : *manager;
    const Listener listener{
        .version = told.version(), .is_slice = is_slice(location.unit), .is_running = true};
    Properties properties = properties_of(writes, listener);
    if (devices != nullptr && !location.is_of_user)
        for (Property& property : device_properties(devices->rules, devices->allow_all, listener))
            properties.push_back(std::move(property));
    if (properties.empty()) return {};
    return told.change(location.unit, properties);
}

}  // namespace oci::cgroups::systemd
