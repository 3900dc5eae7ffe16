// SPDX-License-Identifier: Apache-2.0
//
// The unit that is a container's cgroup: a scope, or a slice if cgroupsPath
// names one. Its manager makes the cgroup; the limits we write there ourselves.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "features/cgroups/device_table.hpp"
#include "features/cgroups/location.hpp"
#include "features/cgroups/systemd/unit_name.hpp"
#include "features/cgroups/systemd/value.hpp"
#include "features/cgroups/writes.hpp"
#include "host/facts.hpp"
#include "kernel/process.hpp"
#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/spec.hpp"

namespace oci::cgroups::systemd {

class Manager;

struct DeviceRules {
    std::vector<DeviceAccess> rules;
    bool allow_all = false;
};

struct UnitPlan {
    UnitName name;  ///< No unit: the container's cgroup is not systemd's.
    std::string description;
    Properties annotated;                ///< By annotations: they count more than ours.
    std::optional<DeviceRules> devices;  ///< None: systemd need not know.
    std::shared_ptr<Manager> manager;    ///< From reach() on.
};

/// Pure. InvalidConfig for a cgroupsPath that names no unit, and for annotations that are no
/// properties.
Result<UnitPlan> plan_unit(const Spec& spec, const host::Facts& facts, const std::string& id);

/// Where the unit's cgroup will be, as far as can be said without asking its manager.
[[nodiscard]] Location locate(const UnitPlan& plan, const host::Facts& facts);

/// Connects to the manager, once, and asks where its units are.
Result<void> reach(UnitPlan& plan, Location& location);

/// AlreadyExists if somebody else has the unit.
Result<void> check_free(const UnitPlan& plan);

/// A unit that has been started. A scope lives as long as a process is in it: the anchor is
/// its first, which does nothing and goes when init is there.
struct Started {
    Location location;
    kernel::Process anchor;
};
Result<Started> start(const UnitPlan& plan, const Location& location, const Writes& writes);

/// Stops the unit, of which no process should be left. Without a manager a connection is made.
Result<void> stop(const Location& location, Manager* manager);

/// For processes that may not enter by themselves. sub: relative to the unit's cgroup, or ".".
Result<void> attach(const Location& location, const std::string& sub, pid_t process,
                    Manager* manager);

/// Tells limits to a unit that runs already, and waits until its manager has written them.
/// devices: may be none, which leaves them as they are. Without a manager a connection is made.
Result<void> change(const Location& location, const Writes& writes, const DeviceRules* devices,
                    Manager* manager);

}  // namespace oci::cgroups::systemd
