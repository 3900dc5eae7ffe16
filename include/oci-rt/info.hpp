// SPDX-License-Identifier: Apache-2.0
//
// What `oci-rt info` answers: what this host and this user can do, measured,
// and what to do about what is missing.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "oci-rt/finding.hpp"

namespace oci {

/// By its way to install packages.
enum class DistributionFamily : std::uint8_t { Unknown, Debian, Fedora, Suse, Arch, Alpine };

struct DistributionInfo {
    std::string name;  ///< "Debian GNU/Linux 12 (bookworm)"; empty: unknown.
    DistributionFamily family = DistributionFamily::Unknown;
    bool has_grub = false;  ///< /etc/default/grub is there to be changed.
};

struct UserInfo {
    uid_t uid = 0;
    std::string name;
    bool is_host_root = true;  ///< Root of the machine itself.
    bool in_initial_user_namespace = true;
};

enum class KernelNeed : std::uint8_t {
    Always,     ///< No container can be made without it.
    Sometimes,  ///< For what a config.json may ask for.
};

struct KernelFeature {
    std::string name;  ///< "openat2"
    KernelNeed need = KernelNeed::Sometimes;
    bool available = false;
    std::string detail;  ///< A version, or why it is not available; may be empty.
};

struct KernelInfo {
    std::string release;       ///< "6.1.0-18-amd64"
    std::string machine;       ///< "x86_64"
    std::string command_line;  ///< That it was booted with.
    std::vector<KernelFeature> features;
};

enum class CgroupLayout : std::uint8_t { None, Legacy, Hybrid, Unified };

struct CgroupInfo {
    CgroupLayout layout = CgroupLayout::None;
    std::string mount_point;                      ///< Of cgroup v2; empty: not mounted.
    std::vector<std::string> controllers;         ///< Those that cgroup v2 has.
    std::vector<std::string> legacy_controllers;  ///< Those that cgroup v1 holds.
    std::string own;                              ///< The caller's cgroup; empty: unknown.
    bool can_make_children = false;               ///< Of own.
    std::string delegation;  ///< The cgroup that is the caller's to divide: own, or the user
                             ///< manager's.
    std::vector<std::string> delegated;  ///< The controllers of that one.
};

struct SystemdInfo {
    bool running = false;
    std::string version;   ///< "252"; empty: unknown.
    std::string user_bus;  ///< The socket of the user's own manager; empty: none.
};

struct UserNamespaceInfo {
    bool available = false;                       ///< One was made, with capabilities in it.
    std::string detail;                           ///< Why not.
    std::optional<bool> unprivileged;             ///< kernel.unprivileged_userns_clone
    std::optional<bool> restricted_by_apparmor;   ///< kernel.apparmor_restrict_unprivileged_userns
    std::map<std::string, std::uint64_t> limits;  ///< user.max_*_namespaces by name.
};

struct IdRange {
    std::uint32_t first = 0;
    std::uint32_t count = 0;
};

struct IdMapHelper {
    std::string name;         ///< "newuidmap"
    std::string path;         ///< Empty: not found.
    bool privileged = false;  ///< It is setuid root or has the file capability.
};

/// /etc/subuid and /etc/subgid, what they grant to the caller.
struct SubordinateIds {
    std::vector<IdRange> uids;
    std::vector<IdRange> gids;
    std::uint32_t free_from = 100000;  ///< 65536 ids from here on are granted to nobody.
    std::vector<IdMapHelper> helpers;
};

struct SeccompInfo {
    bool available = false;
    bool confined = false;             ///< The caller itself runs under a filter.
    std::string library;               ///< Version of libseccomp; empty: not built in.
    std::vector<std::string> actions;  ///< That the kernel knows: "allow", "errno", …
};

struct SecurityInfo {
    std::vector<std::string> modules;  ///< Empty: could not be read.
    bool apparmor = false;
    bool selinux = false;
    bool selinux_enforcing = false;
};

struct ProgramInfo {
    std::string path;  ///< Empty: not found.
    std::string version;
};

struct ResctrlInfo {
    bool supported = false;
    std::string mount_point;  ///< Empty: not mounted.
};

struct StateRootInfo {
    std::string path;
    bool writable = false;
    std::string detail;  ///< Why not.
};

struct HostInfo {
    DistributionInfo distribution;
    UserInfo user;
    StateRootInfo state_root;
    KernelInfo kernel;
    CgroupInfo cgroup;
    SystemdInfo systemd;
    UserNamespaceInfo user_namespaces;
    SubordinateIds subordinate_ids;
    SeccompInfo seccomp;
    SecurityInfo security;
    ProgramInfo criu;
    ResctrlInfo resctrl;
};

struct Info {
    HostInfo host;
    std::vector<Finding> findings;  ///< The worst first.
};

}  // namespace oci
