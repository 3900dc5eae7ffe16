// SPDX-License-Identifier: Apache-2.0
//
// A systemd that runs: the system's, or the user's own. Starts and stops units
// and waits until it is done.
#pragma once

#include <sys/types.h>

#include <string>

#include "features/cgroups/systemd/address.hpp"
#include "features/cgroups/systemd/connection.hpp"
#include "features/cgroups/systemd/value.hpp"

namespace oci::cgroups::systemd {

enum class Whose : unsigned char { System, User };

class Manager {
public:
    /// Unsupported if no such manager runs or may be spoken to. Reads the environment for the
    /// user's.
    static Result<Manager> reach(Whose whose);

    /// 252 for "252.22-1~deb12u1"; 0 if it does not tell.
    [[nodiscard]] unsigned version() const noexcept { return version_; }
    /// The cgroup below which all its units are: empty for the root, else "/user.slice/…".
    [[nodiscard]] const std::string& control_group() const noexcept { return control_group_; }

    /// Whether there is such a unit, and it is not just remembered as ended or failed.
    Result<bool> is_active(const std::string& unit);

    /// A transient unit, and until it is active. One that is left from an earlier failure is
    /// replaced.
    Result<void> start(const std::string& unit, const Properties& properties);

    /// Until it is stopped; then it is forgotten. No such unit is a success.
    Result<void> stop(const std::string& unit);

    /// Moves a process into the unit's cgroup; sub: empty, or "/NAME" below it.
    Result<void> attach(const std::string& unit, const std::string& sub, pid_t process);

    /// Until the unit ends, and until it is written to the unit's cgroup.
    Result<void> change(const std::string& unit, const Properties& properties);

private:
    Manager(Connection connection, Whose whose)
        : connection_{std::move(connection)}, whose_{whose} {}

    Result<void> introduce(Peer peer);
    Result<Message> call(const char* member, std::vector<Value> arguments);
    /// The failure, made to name the property that it is about.
    Failure<Error> without_property(Failure<Error> failure, const Properties& properties) const;
    Result<Message> try_start(const std::string& unit, const Properties& properties);
    /// How a job ended: "done", if all is well.
    Result<std::string> wait_for(const std::string& job, const std::string& unit);
    void forget_failure(const std::string& unit);

    Connection connection_;
    Whose whose_;
    std::string name_on_bus_;  ///< Whose signals count. Empty without a bus.
    unsigned version_ = 0;
    std::string control_group_;
};

/// "v252-1", "252.22-1~deb12u1": 252. 0 for anything else.
[[nodiscard]] unsigned version_in(std::string_view text) noexcept;

}  // namespace oci::cgroups::systemd
