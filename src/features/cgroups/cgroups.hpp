// SPDX-License-Identifier: Apache-2.0
//
// cgroups: where a container's processes are kept together, limited, frozen and
// killed. cgroup v2 only. Made by ourselves, or by systemd as the cgroup of a unit;
// limits are written by ourselves in either case.
#pragma once

#include <sys/types.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "features/cgroups/device_filter.hpp"
#include "features/cgroups/location.hpp"
#include "features/cgroups/systemd/unit.hpp"
#include "features/cgroups/writes.hpp"
#include "host/facts.hpp"
#include "oci-rt/error.hpp"
#include "oci-rt/features.hpp"
#include "oci-rt/options.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/spec.hpp"
#include "oci-rt/state.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::cgroups {

/// All that is to be done for a new container.
struct Plan {
    Location location;
    Writes writes;                     ///< In the order of writing.
    DeviceProgram device_program;      ///< Empty: every device is allowed.
    bool beside_caller = false;        ///< No path was asked for, and the root is not the caller's.
    bool optional = false;             ///< Do without a cgroup if none may be made.
    bool device_filter_needed = true;  ///< False: do without if the kernel forbids it.
    std::optional<uid_t> owner;        ///< Who may make cgroups below; none: as it is made.
    std::string sub_cgroup;            ///< Below its own, where the container runs; empty: there.
    systemd::UnitPlan unit;            ///< By whom systemd makes the cgroup.
    std::vector<std::string> warnings;  ///< For the log, when the plan is carried out.
};

/// Decides path, limits and device program. Pure. InvalidConfig for values that no cgroup can
/// have; Unsupported if a cgroup is needed where cgroup v2 is not mounted.
Result<Plan> plan(const Spec& spec, const host::Facts& facts, const std::string& id,
                  CgroupDriver driver);

/// A cgroup of ours. On destruction without keep(): everything inside is killed, and it is
/// removed with the ancestors that were made for it.
class CgroupHandle {
public:
    CgroupHandle() = default;
    CgroupHandle(Location location, UniqueFd directory) noexcept;
    /// Of a unit: its manager ends it. The anchor keeps it alive until let_go().
    CgroupHandle(systemd::Started started, std::shared_ptr<systemd::Manager> manager) noexcept;
    CgroupHandle(CgroupHandle&& other) noexcept;
    CgroupHandle& operator=(CgroupHandle&& other) noexcept;
    CgroupHandle(const CgroupHandle&) = delete;
    CgroupHandle& operator=(const CgroupHandle&) = delete;
    ~CgroupHandle();

    /// Fit for CLONE_INTO_CGROUP; -1 if the container has no cgroup of its own.
    [[nodiscard]] FdView directory() const noexcept { return directory_; }
    [[nodiscard]] const Location& location() const noexcept { return location_; }
    void keep() noexcept { armed_ = false; }
    void set_directory(UniqueFd directory) noexcept { directory_ = std::move(directory); }

    /// For a process that could not be made inside; only in a unit's cgroup.
    Result<void> attach(pid_t process);
    /// Tells the unit's manager limits that had to wait; nothing without a unit.
    Result<void> announce(const Writes& writes);
    /// The container's own process is there: from now on it keeps the cgroup alive.
    void let_go() noexcept { anchor_ = {}; }

private:
    Location location_;
    UniqueFd directory_;
    std::shared_ptr<systemd::Manager> manager_;
    kernel::Process anchor_;
    bool armed_ = false;
};

/// In the parent, once init is in the cgroup: the limits that had to wait for it.
Result<void> prepare_child(const Plan& plan, CgroupHandle& cgroup);

/// In the parent, once init sees its cgroup as the container will, and before its program runs:
/// makes the sub-cgroup of the plan, and moves init there. Nothing without one.
Result<void> move_below(const Plan& plan, const CgroupHandle& cgroup, pid_t init);
/// Whether that was done for a container with these annotations.
[[nodiscard]] bool is_put_below(const std::map<std::string, std::string>& annotations);

/// For a unit: connects to systemd, unless that is done, and completes the plan's location. For a
/// user who asked for no path: finds the place that is delegated around the caller.
Result<void> reach(Plan& plan);

/// The location with the ancestors that prepare() would have to make now: for a
/// note of what is about to be made. Changes nothing. Refuses what prepare() would refuse, so
/// that no note names a cgroup of somebody else, whose processes a clean-up would end.
Result<Location> expect(Plan& plan);

/// Makes the cgroup, enables controllers on the way, writes the limits and attaches the device
/// program. Refuses a cgroup that has processes or is frozen.
/// A unit's location is where it has come to be, which need not be where it was expected.
Result<CgroupHandle> prepare(const Plan& plan);

/// Both wait until the kernel reports it done, at most 10 s. A failed freeze is undone.
Result<void> freeze(const Location& location);
Result<void> thaw(const Location& location);
/// False for a cgroup that is gone.
Result<bool> is_frozen(const Location& location);

/// Of the cgroup and all below it, sorted; empty if it is gone.
Result<std::vector<pid_t>> processes(const Location& location);

/// SIGKILL to everything inside, frozen or not. A cgroup that is gone is a success.
Result<void> kill_all(const Location& location);
/// Any signal to every process; frozen meanwhile, so that none escapes by fork().
Result<void> signal_all(const Location& location, int signal);

/// An error if a process is left after so many milliseconds.
Result<void> wait_until_empty(const Location& location, int milliseconds);

/// Removes the cgroup with all below it, and then ancestors of ours that are empty. Waits (10 s)
/// for processes that are about to end; kills none. Nothing there is a success. A unit is
/// stopped first, and forgotten.
Result<void> remove(const Location& location);

/// For exec: a descriptor fit for CLONE_INTO_CGROUP, -1 if the container has no cgroup.
/// sub: a path relative to the container's cgroup; empty: that itself.
Result<UniqueFd> open(const Location& location, const std::string& sub = "");

/// For exec, where the kernel refuses CLONE_INTO_CGROUP in a unit's cgroup. sub: as for open().
Result<void> attach(const Location& location, const std::string& sub, pid_t process);

/// Whether a program of ours filters the devices of the cgroup, as the kernel says now.
DeviceFilter look_at_device_filter(const Location& location);

void describe(Features& features);

}  // namespace oci::cgroups
