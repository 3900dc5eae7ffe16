// SPDX-License-Identifier: Apache-2.0
//
// record: the facts about a container that outlive a command, as files in its
// state directory. Status is no fact: it is computed (status.hpp).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "oci-rt/error.hpp"
#include "oci-rt/options.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/spec.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::container {

struct CgroupPlace {
    std::string mount_point;  ///< Empty: the container has no cgroup of its own.
    std::string path;
    int made_ancestors = 0;
    std::string unit{};         ///< systemd's, or empty.
    bool unit_of_user = false;  ///< Of the user's own systemd.
};

/// Directories of resctrl in which the container's processes are listed.
struct RdtPlace {
    std::string clos;         ///< Empty: the container has no class of service.
    bool makes_clos = false;  ///< It goes with the container.
    std::string monitoring;   ///< Goes with the container. Empty: none.
};

/// A process that cannot be mistaken for a later one with the same pid.
struct InitProcess {
    pid_t pid = 0;
    std::uint64_t start_time = 0;  ///< Clock ticks since boot.
    std::string boot_id;
};

struct Record {
    std::string oci_version;
    std::string id;
    std::string bundle;
    std::string rootfs;
    std::string created;
    uid_t owner = 0;
    InitProcess init;
    CgroupPlace cgroup;
    RdtPlace rdt;
    CgroupDriver cgroup_driver = CgroupDriver::Cgroupfs;
    bool own_pid_namespace = true;
    std::string notify_socket;   ///< The service manager's, for `start`. Empty: none.
    std::string agent;           ///< Where the seccomp agent listens, for `start`. Empty: none.
    std::string agent_metadata;  ///< What it is told besides.
    std::map<std::string, std::string> annotations;
    std::vector<Hook> poststart;
    std::vector<Hook> poststop;
};

/// What to clean up after a command that was killed: written before the first
/// side effect outside the state directory, in a form simpler than JSON.
struct Recovery {
    CgroupPlace cgroup;
    InitProcess init{};  ///< pid 0 while there is none, or the cgroup tells; with its boot.
    RdtPlace rdt{};
    std::string bundle{};  ///< For its poststop hooks.
};

Result<void> write_record(FdView directory, const Record& record);

/// NotFound: there is none yet (creating, or a command was killed).
Result<Record> read_record(FdView directory);

/// How many processes the OOM killer has ended, for when the cgroup is gone. Never written: 0.
Result<void> write_oom_kills(FdView directory, std::uint64_t count);
std::uint64_t read_oom_kills(FdView directory);

Result<void> write_recovery(FdView directory, const Recovery& recovery);
/// NotFound: nothing was made outside the state directory.
Result<Recovery> read_recovery(FdView directory);

/// The container's own copy of its config.json.
Result<void> write_config(FdView directory, std::string_view text);
Result<std::string> read_config(FdView directory);

}  // namespace oci::container
