// SPDX-License-Identifier: Apache-2.0
//
// update: other limits for a cgroup that lives. What is left out stays as it
// is, and a value that is refused brings back all others.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "features/cgroups/device_filter.hpp"
#include "features/cgroups/location.hpp"
#include "features/cgroups/old_values.hpp"
#include "features/cgroups/systemd/unit.hpp"
#include "features/cgroups/writes.hpp"
#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/spec.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::cgroups {

/// What the cgroup's files say now, as far as new values depend on it. Empty: no such file.
struct CurrentLimits {
    std::string cpu_max;   ///< "50000 100000", "max 100000"
    std::string cpu_idle;  ///< "0", "1"
    std::string memory_max;
    std::string swap_max;
};

struct Update {
    Writes writes;                         ///< In the order of writing.
    std::optional<DeviceProgram> devices;  ///< Absent: devices stay as they are.
    systemd::DeviceRules device_rules;     ///< The same for a unit's manager.
    bool device_filter_needed = true;      ///< False: do without if the kernel forbids it.
    std::vector<std::string> warnings;

    [[nodiscard]] bool is_empty() const noexcept { return writes.empty() && !devices; }
};

/// Pure. InvalidConfig for values that no cgroup can have, or not beside what it has now.
/// Devices that are an empty list are left alone.
Result<Update> plan_update(const Resources& resources, const CurrentLimits& now);

/// All empty for a container without a cgroup.
Result<CurrentLimits> read_current_limits(const Location& location);

/// Limits that have been changed. On destruction without keep() the old ones come back.
class Change {
public:
    Change() = default;
    Change(Change&& other) noexcept;
    Change& operator=(Change&&) = delete;
    Change(const Change&) = delete;
    Change& operator=(const Change&) = delete;
    ~Change();

    void keep() noexcept { armed_ = false; }

private:
    friend Result<Change> change(const Update&, const Location&);

    UniqueFd cgroup_;
    std::string place_;
    OldValues old_values_;
    UniqueFd old_devices_;
    UniqueFd new_devices_;
    bool armed_ = false;
};

/// Enables controllers where that takes it, writes, and exchanges the device program. On an
/// error everything is as before. WrongStatus for a container without a cgroup of its own.
Result<Change> change(const Update& update, const Location& location);

/// Tells a unit's manager what has been changed, so that it keeps that when it reloads. Without a
/// unit there is nobody to tell.
Result<void> announce(const Update& update, const Location& location);

}  // namespace oci::cgroups
