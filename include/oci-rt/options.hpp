// SPDX-License-Identifier: Apache-2.0
//
// One struct of options per verb. They are aggregates: name the fields you set.
#pragma once

#include <chrono>
#include <csignal>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "oci-rt/spec.hpp"

namespace oci {

enum class CgroupDriver : std::uint8_t { Cgroupfs, Systemd, Disabled };

/// What holds for every verb of one Runtime.
struct Settings {
    std::string root = "/run/oci-rt";  ///< Where containers are remembered.
    CgroupDriver cgroup_driver = CgroupDriver::Cgroupfs;
};

/// Layers of an image and a directory on top of them, to be mounted as the root in the mount
/// namespace of the container. Never part of a config.json: it names directories of the host.
struct RootOverlay {
    std::string directory{};           ///< Absolute; the others are relative to it.
    std::vector<std::string> lower{};  ///< The top first; short, as mount(2) takes few characters.
    std::string upper{};               ///< Where changes go to.
    std::string work{};                ///< Empty, on the file system of upper.
    bool is_volatile = false;          ///< What a crash of the machine loses is not missed.
};

struct CreateOptions {
    std::string bundle = ".";
    std::string config;  ///< Empty: config.json in the bundle.
    std::string console_socket;
    std::string pidfd_socket;
    std::string pid_file;
    bool no_pivot = false;
    bool no_new_keyring = false;
    int preserve_fds = 0;
    int listen_fds = 0;                    ///< Descriptors 3… handed over by systemd's protocol.
    std::string notify_socket;             ///< Empty: none. See sd_notify(3).
    std::optional<RootOverlay> overlay{};  ///< Is mounted at the root that config.json names.
};

struct ValidateOptions {
    std::string bundle = ".";
    std::string config;  ///< Empty: config.json in the bundle.
};

struct RunOptions {
    CreateOptions create;
    bool detach = false;
    bool keep = false;
    bool no_subreaper = false;
};

/// Where a monitor writes what a container says.
struct LogOptions {
    std::string path;                       ///< Absolute; empty: in the state directory.
    std::uint64_t max_size = 10ULL << 20U;  ///< Bytes of one file; 0: without limit.
    unsigned max_files = 3;                 ///< The log and its predecessors, log.1, log.2, …
};

/// A container that a monitor, a process of its own, looks after.
struct MonitorOptions {
    CreateOptions create;  ///< Without sockets, and without descriptors to hand on.
    std::string monitor;   ///< Path of oci-rt-monitor.
    std::string runtime;   ///< Path of oci-rt.
    LogOptions log;
    std::string root_overlay;  ///< File of layers that are the root, see RootOverlay; or empty.
    bool keep_input = false;   ///< Standard input stays open, for attach(); else it is empty.
    bool remove = false;       ///< Deletes the container when it has ended.
    std::string cgroup;        ///< Directory of the monitor's own cgroup; empty: the caller's.
};

struct LogsOptions {
    bool follow = false;
    std::optional<std::uint64_t> tail;  ///< Lines from the end; none: all.
    std::string since;                  ///< RFC 3339 in UTC; empty: from the beginning.
};

struct AttachOptions {
    bool input = true;
};

struct StopOptions {
    int signal = SIGTERM;
    std::chrono::milliseconds patience{10'000};  ///< Until SIGKILL.
};

struct ExecOptions {
    std::string process_file;  ///< Empty: the container's process with the fields below.
    std::vector<std::string> args;
    std::string cwd;
    std::vector<std::string> env;
    std::optional<bool> terminal;
    std::optional<std::string> user;  ///< "UID[:GID]", numbers only.
    std::vector<std::uint32_t> additional_gids;
    std::vector<std::string> capabilities;  ///< Added to bounding, effective and permitted.
    std::optional<bool> no_new_privileges;
    std::string apparmor_profile;
    std::string selinux_label;
    std::string cgroup;  ///< A sub-cgroup of the container's; empty: init's own.
    std::string console_socket;
    std::string pidfd_socket;
    std::string pid_file;
    bool detach = false;
    bool ignore_paused = false;
    int preserve_fds = 0;
    int listen_fds = 0;
};

struct KillOptions {
    int signal = SIGTERM;
    bool all = false;  ///< Every process of the container, not only init.
};

struct DeleteOptions {
    bool force = false;
};

struct GcOptions {
    bool dry_run = false;  ///< Look only.
};

/// Other limits for a container that lives. What neither names stays as it is.
struct UpdateOptions {
    std::string resources_file;  ///< JSON, the content of /linux/resources; "-": standard input.
    Resources resources;         ///< Counts before the file, value by value.
    std::string l3_cache_schema;
    std::string memory_bandwidth_schema;
};

struct EventsOptions {
    std::chrono::milliseconds interval{5000};  ///< Between two events of kind Stats.
    bool pressure = false;                     ///< Also events of kind Pressure.
    int reader = -1;  ///< A pipe: the listening ends when nobody reads it any more.
};

struct SpecOptions {
    bool rootless = false;  ///< For the caller, a user without privileges.
    std::string preset;     ///< "docker", "podman", "kubernetes"; empty: few rights.
    std::string seccomp;    ///< "default", "none" or a file; empty: as the preset has it.
    std::vector<std::string> changes;  ///< "POINTER=JSON", see oci-rt-spec(8).
};

}  // namespace oci
