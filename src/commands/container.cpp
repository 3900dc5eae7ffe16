// SPDX-License-Identifier: Apache-2.0
#include "commands/container.hpp"

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/log.hpp"
#include "base/phase.hpp"
#include "engine/plan.hpp"
#include "features/hooks/hooks.hpp"
#include "host/users.hpp"
#include "kernel/process.hpp"

namespace oci::commands {
namespace {

constexpr const char* cache_name = ".seccomp";  // no valid id: never taken for a container
constexpr int patience = 10'000;                // milliseconds until a killed process must be gone
constexpr const char* hint_for_remains =
    "it may hang in the kernel (\"D\" in ps), say in a file system that does not answer; try again";

Status with_freezer(Status status, const container::Record& record) {
    if (status != Status::Running && status != Status::Created) return status;
    if (record.cgroup.mount_point.empty()) return status;
    const auto frozen = cgroups::is_frozen(location_of(record.cgroup));
    return frozen && frozen.value() ? Status::Paused : status;
}

Result<void> wait_until_ended(FdView process, pid_t pid) {
    const bool ended = OCI_TRY(
        explain(kernel::wait_readable(process, patience), "cannot wait for process {}", pid));
    if (ended) return {};
    return with(fail(ErrorKind::System, "process {} did not end within {} s of SIGKILL", pid,
                     patience / 1000),
                {.code = "processes-remain", .hint = hint_for_remains});
}

Result<Container> look_up(const Settings& settings, const ContainerId& id, Locked locked) {
    container::StateDirectory directory = OCI_TRY(container::open(settings.root, id, locked));
    auto record = container::read_record(directory.fd());
    if (!record && record.error().kind == ErrorKind::NotFound) {
        container::Record creating;
        creating.id = id.text();
        return Container{std::move(directory), std::move(creating), Status::Creating};
    }
    container::Record known =
        OCI_TRY(explain(std::move(record), "cannot use container {}", id.text()));
    const bool is_current = OCI_TRY(container::is_of_this_boot(known.init));
    // What is there now under these names is somebody else's.
    if (!is_current) known.cgroup = {}, known.rdt = {};
    const Status alone = OCI_TRY(container::status_of(directory.fd(), known));
    const Status status = with_freezer(alone, known);
    return Container{std::move(directory), std::move(known), status};
}

Result<void> end_and_remove(const container::CgroupPlace& place,
                            const container::InitProcess& init) {
    const UniqueFd process = OCI_TRY(container::open_init(init));
    if (process) (void)kernel::send_signal(process, SIGKILL);  // it may have ended by now
    const bool has_cgroup = !place.mount_point.empty();
    if (has_cgroup) OCI_TRY(cgroups::kill_all(location_of(place)));
    // Init first: the kernel reports changes of cgroup.events 10 ms apart at least.
    if (process) OCI_TRY(wait_until_ended(process, init.pid));
    if (!has_cgroup) return {};
    OCI_TRY(
        with(cgroups::wait_until_empty(location_of(place), patience), {.hint = hint_for_remains}));
    return in_phase("cgroup", cgroups::remove(location_of(place)));
}

}  // namespace

Result<Container> find(const Settings& settings, const ContainerId& id, Locked locked) {
    return in_phase("state", look_up(settings, id, locked));
}

cgroups::Location location_of(const container::CgroupPlace& place) {
    return {place.mount_point, place.path, place.made_ancestors, place.unit, place.unit_of_user};
}

container::CgroupPlace place_of(const cgroups::Location& location) {
    return {location.mount_point, location.path, location.made_ancestors, location.unit,
            location.is_of_user};
}

intel_rdt::Place place_of(const container::RdtPlace& place) {
    return {place.clos, place.makes_clos, place.monitoring};
}

container::RdtPlace place_of(const intel_rdt::Place& place) {
    return {place.clos, place.makes_clos, place.monitoring};
}

State state_of(const container::Record& record, Status status) {
    State state;
    state.oci_version = record.oci_version;
    state.id = record.id;
    state.status = status;
    state.pid = status == Status::Stopped ? 0 : record.init.pid;
    state.bundle = record.bundle;
    state.rootfs = record.rootfs;
    state.created = record.created;
    state.owner = host::user_name(record.owner);
    if (!record.cgroup.mount_point.empty()) state.cgroup = record.cgroup.path;
    state.annotations = record.annotations;
    return state;
}

void run_poststop_hooks(const container::Record& record) {
    if (record.poststop.empty()) return;
    const auto prepared = hooks::prepare(record.poststop);
    const engine::StateText text = engine::state_text(state_of(record, Status::Stopped));
    auto files = hooks::open_output(record.annotations);
    if (!files) log::warning("{}", files.error().message);
    const hooks::OutputFiles opened = files ? std::move(files).value() : hooks::OutputFiles{};
    hooks::run_all("poststop", prepared, text.json,
                   {.cwd = record.bundle.c_str(), .files = opened});
}

Result<void> end_processes(const container::CgroupPlace& place,
                           const container::InitProcess& init) {
    return in_phase("processes", end_and_remove(place, init));
}

// A filter that cannot be cached is compiled: that is slower, not wrong.
Result<void> prepare_filter(const Settings& settings, const Spec& spec, seccomp::Plan& plan) {
    if (!plan.enabled) return {};
    auto cache = container::open_shared(settings.root, cache_name);
    if (!cache) log::debug("no cache for seccomp filters: {}", cache.error().message);
    const FdView directory = cache ? FdView{cache.value()} : FdView{-1};
    return seccomp::prepare(plan, *spec.linux_section.seccomp, directory);
}

}  // namespace oci::commands
