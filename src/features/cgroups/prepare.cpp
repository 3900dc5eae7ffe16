// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/details.hpp"
#include "base/explain.hpp"
#include "base/log.hpp"
#include "base/path.hpp"
#include "base/text.hpp"
#include "features/cgroups/cgroups.hpp"
#include "features/cgroups/delegation.hpp"
#include "features/cgroups/events.hpp"
#include "features/cgroups/remove.hpp"
#include "features/cgroups/subtree.hpp"
#include "features/cgroups/systemd/limits.hpp"
#include "kernel/path_in_root.hpp"
#include "kernel/probes.hpp"
#include "kernel/proc_files.hpp"
#include "kernel/text_file.hpp"

namespace oci::cgroups {

CgroupHandle::CgroupHandle(Location location, UniqueFd directory) noexcept
    : location_{std::move(location)}, directory_{std::move(directory)}, armed_{true} {}

CgroupHandle::CgroupHandle(systemd::Started started,
                           std::shared_ptr<systemd::Manager> manager) noexcept
    : location_{std::move(started.location)},
      manager_{std::move(manager)},
      anchor_{std::move(started.anchor)},
      armed_{true} {}

CgroupHandle::CgroupHandle(CgroupHandle&& other) noexcept
    : location_{std::move(other.location_)},
      directory_{std::move(other.directory_)},
      manager_{std::move(other.manager_)},
      anchor_{std::move(other.anchor_)},
      armed_{std::exchange(other.armed_, false)} {}

CgroupHandle& CgroupHandle::operator=(CgroupHandle&& other) noexcept {
    std::swap(location_, other.location_);
    std::swap(directory_, other.directory_);
    std::swap(manager_, other.manager_);
    std::swap(anchor_, other.anchor_);
    std::swap(armed_, other.armed_);
    return *this;
}

CgroupHandle::~CgroupHandle() {
    if (!armed_) return;
    const auto killed = kill_all(location_);
    anchor_ = {};
    const auto removed = remove(location_, manager_.get());
    if (!removed)
        log::warning("{}{}", removed.error().message, killed ? "" : "; " + killed.error().message);
}

Result<void> CgroupHandle::attach(pid_t process) {
    return systemd::attach(location_, "", process, manager_.get());
}

Result<void> CgroupHandle::announce(const Writes& writes) {
    if (location_.unit.empty() || writes.empty()) return {};
    return systemd::change(location_, writes, nullptr, manager_.get());
}

namespace {

Result<void> check_type(FdView cgroup, const std::string& place) {
    const std::string type = OCI_TRY(
        explain(kernel::read_text(cgroup, "cgroup.type", 64), "cannot read {}/cgroup.type", place));
    if (trim(type) == "threaded" || trim(type) == "domain invalid")
        return with(
            fail(ErrorKind::System,
                 "{}: its cgroup.type is \"{}\": below a threaded cgroup no container can be",
                 place, trim(type)),
            {.pointer = "/linux/cgroupsPath", .hint = "choose another path"});
    return {};
}

/// A cgroup that was there before must be as good as new.
Result<void> check_fit(FdView cgroup, const std::string& place) {
    const UniqueFd file =
        OCI_TRY(explain(open_events(cgroup), "cannot open {}/cgroup.events", place));
    const Events events =
        OCI_TRY(explain(read_events(file), "cannot read {}/cgroup.events", place));
    if (events.populated)
        return with(fail(ErrorKind::System, "{}: container's cgroup is not empty", place),
                    {.code = "cgroup-not-empty",
                     .pointer = "/linux/cgroupsPath",
                     .hint = "choose another path, or end the processes that are there"});
    if (events.frozen)
        return with(fail(ErrorKind::System, "{}: container's cgroup unexpectedly frozen", place),
                    {.code = "cgroup-frozen",
                     .pointer = "/linux/cgroupsPath",
                     .hint = "write 0 to its cgroup.freeze, or choose another path"});
    return check_type(cgroup, place);
}

Result<void> attach_devices(const Plan& plan, FdView cgroup, const std::string& place) {
    if (plan.device_program.empty()) return {};
    const auto attached = attach_device_program(plan.device_program, cgroup);
    if (attached) return {};
    if (!plan.device_filter_needed && attached.error().code == EPERM) {
        log::debug("{}: no device filter, because the kernel forbids it", place);
        return {};
    }
    return explain(attached, "/linux/resources/devices: cannot filter devices of {}", place);
}

template <typename T>
Result<T> as_delegation_failure(Result<T> result) {
    if (result || (result.error().number != EACCES && result.error().number != EPERM))
        return result;
    return with(std::move(result),
                {.code = "cgroup-not-delegated",
                 .pointer = "/linux/cgroupsPath",
                 .hint = "only a cgroup that is delegated to this user can hold others; see "
                         "Delegate= in systemd.resource-control(5)"});
}

bool is_forbidden(const kernel::SysError& error) noexcept {
    return error.code == EACCES || error.code == EPERM || error.code == EROFS ||
           error.code == ENOENT;
}

Writes writes_at(const Plan& plan, bool after_clone) {
    Writes writes;
    std::ranges::copy_if(plan.writes, std::back_inserter(writes),
                         [&](const Write& write) { return write.after_clone == after_clone; });
    return writes;
}

/// What a cgroup is given once it is there.
Result<void> equip(const Plan& plan, FdView cgroup, const std::string& place) {
    OCI_TRY(apply(writes_at(plan, /*after_clone=*/false), cgroup, place));
    OCI_TRY(attach_devices(plan, cgroup, place));
    if (!plan.owner) return {};
    return delegate(cgroup, *plan.owner, place);
}

/// What a unit can only be told when init is there.
bool has_to_wait(const Write& write) { return write.after_clone && systemd::is_narrow(write); }

/// systemd has made the cgroup, and enabled the controllers it knows.
Result<CgroupHandle> prepare_unit(const Plan& plan) {
    Writes told = plan.writes;
    std::erase_if(told, has_to_wait);
    systemd::Started started = OCI_TRY(systemd::start(plan.unit, plan.location, told));
    // From here on the unit is ours: leaving early stops it.
    CgroupHandle handle{std::move(started), plan.unit.manager};
    const std::string place = display(handle.location());
    UniqueFd directory =
        OCI_TRY(explain(open_existing(handle.location()), "cannot open cgroup {}", place));
    OCI_TRY(check_type(directory, place));
    OCI_TRY(enable_needed_controllers(handle.location(), plan.writes));
    OCI_TRY(equip(plan, directory, place));
    handle.set_directory(std::move(directory));
    return handle;
}

bool may_make_cgroups(const Location& location, std::string_view path) {
    const auto mount_point = open_mount_point(location);
    if (!mount_point) return false;
    const auto cgroup = open_cgroup(mount_point.value(), path);
    // Whoever moves a process between two cgroups has to own the procs of the one above them.
    return cgroup && kernel::check_access(cgroup.value(), ".", W_OK) &&
           kernel::check_access(cgroup.value(), "cgroup.procs", W_OK);
}

/// What a user is given by systemd is a cgroup around the caller's. Not below the caller's own:
/// that has a process, and cgroup v2 limits only what lies below a cgroup without.
void place_beside_caller(Location& location) {
    const auto own = kernel::cgroup_of(::getpid());
    if (!own || own.value() == "/") return;
    const std::string_view parent = parent_path(own.value());
    if (!may_make_cgroups(location, parent)) return;
    const std::string id = location.path.substr(location.path.rfind('/') + 1);
    location.path = (parent == "/" ? "" : std::string{parent}) + "/oci-rt-" + id;
    location.made_ancestors = 0;
}

}  // namespace

Result<void> reach(Plan& plan) {
    if (std::exchange(plan.beside_caller, false) && exists(plan.location))
        place_beside_caller(plan.location);
    if (plan.location.unit.empty()) return {};
    return systemd::reach(plan.unit, plan.location);
}

Result<Location> expect(Plan& plan) {
    OCI_TRY(reach(plan));
    Location location = plan.location;
    if (!exists(location)) return location;
    if (!location.unit.empty()) OCI_TRY(systemd::check_free(plan.unit));
    const auto mount_point = open_mount_point(location);
    if (!mount_point) return location;
    const auto present = open_cgroup(mount_point.value(), location.path);
    if (present) OCI_TRY(check_fit(present.value(), display(location)));
    if (!location.unit.empty()) return location;
    int missing = 0;
    for (std::string_view path = parent_path(location.path); path != "/";
         path = parent_path(path)) {
        if (open_cgroup(mount_point.value(), path)) break;
        ++missing;
    }
    location.made_ancestors = std::max(location.made_ancestors, missing);
    return location;
}

Result<CgroupHandle> prepare(const Plan& plan) {
    for (const std::string& warning : plan.warnings) log::warning("{}", warning);
    if (!exists(plan.location)) return CgroupHandle{};
    if (!plan.location.unit.empty()) return prepare_unit(plan);
    const std::string place = display(plan.location);
    auto made = make_cgroup(plan.location);
    if (!made && plan.optional && is_forbidden(made.error())) {
        log::debug("no cgroup of its own: cannot make {}: {}", place,
                   kernel::errno_text(made.error().code));
        return CgroupHandle{};
    }
    MadeCgroup cgroup =
        OCI_TRY(as_delegation_failure(explain(std::move(made), "cannot make cgroup {}", place)));
    Location location = plan.location;
    location.made_ancestors = std::max(location.made_ancestors, cgroup.made_ancestors);
    const auto fit = check_fit(cgroup.directory, place);
    if (!fit && cgroup.is_new) (void)remove(location);  // why it is unfit is what counts
    OCI_TRY(fit);
    // From here on the cgroup is ours: leaving early removes it.
    CgroupHandle handle{std::move(location), std::move(cgroup.directory)};
    OCI_TRY(enable_controllers(handle.location(), plan.writes));
    OCI_TRY(equip(plan, handle.directory(), place));
    return handle;
}

Result<void> prepare_child(const Plan& plan, CgroupHandle& cgroup) {
    if (cgroup.directory().get() < 0) return {};
    Writes waiting;
    std::ranges::copy_if(plan.writes, std::back_inserter(waiting), has_to_wait);
    OCI_TRY(cgroup.announce(waiting));
    return apply(writes_at(plan, /*after_clone=*/true), cgroup.directory(),
                 display(cgroup.location()));
}

Result<UniqueFd> open(const Location& location, const std::string& sub) {
    const std::string path = OCI_TRY(parse_sub_cgroup(sub));
    if (!exists(location)) {
        if (path == ".") return UniqueFd{};
        return fail(ErrorKind::WrongStatus,
                    "bad sub cgroup path: \"{}\": the container has no cgroup of its own", sub);
    }
    UniqueFd cgroup =
        OCI_TRY(explain(open_existing(location), "cannot open cgroup {}", display(location)));
    if (path == ".") return cgroup;
    return explain(kernel::open_beneath(cgroup, path.c_str(), O_RDONLY | O_DIRECTORY),
                   "bad sub cgroup path: cannot open {}/{}", display(location), path);
}

Result<void> attach(const Location& location, const std::string& sub, pid_t process) {
    return systemd::attach(location, sub, process, nullptr);
}

}  // namespace oci::cgroups
