// SPDX-License-Identifier: Apache-2.0
//
// Everything that is decided before clone(). Making a plan is pure: it reads
// the spec and the facts and touches nothing, so it is tested without
// privileges. What rooms must prepare on the host follows in launch.
#pragma once

#include <string>
#include <vector>

#include "features/cgroups/cgroups.hpp"
#include "features/hooks/hooks.hpp"
#include "features/intel_rdt/intel_rdt.hpp"
#include "features/namespaces/namespaces.hpp"
#include "features/namespaces/network.hpp"
#include "features/namespaces/time.hpp"
#include "features/namespaces/user.hpp"
#include "features/namespaces/uts.hpp"
#include "features/net_devices/net_devices.hpp"
#include "features/process/arguments.hpp"
#include "features/process/cpu_affinity.hpp"
#include "features/process/credentials.hpp"
#include "features/process/inherited_fds.hpp"
#include "features/process/io_priority.hpp"
#include "features/process/keyring.hpp"
#include "features/process/memory_policy.hpp"
#include "features/process/personality.hpp"
#include "features/process/privileges.hpp"
#include "features/process/rlimits.hpp"
#include "features/process/scheduler.hpp"
#include "features/process/working_directory.hpp"
#include "features/rootfs/console.hpp"
#include "features/rootfs/devices.hpp"
#include "features/rootfs/masks.hpp"
#include "features/rootfs/mounts.hpp"
#include "features/rootfs/rootfs.hpp"
#include "features/seccomp/seccomp.hpp"
#include "features/security/labels.hpp"
#include "features/sysctl.hpp"
#include "host/facts.hpp"
#include "oci-rt/options.hpp"
#include "oci-rt/state.hpp"

namespace oci::engine {

/// What a process needs, be it the container's first or one more.
struct ProcessPlan {
    arguments::Plan arguments;
    credentials::Plan credentials;
    rlimits::Plan rlimits;
    privileges::Plan privileges;
    keyring::Plan keyring;
    working_directory::Plan working_directory;
    inherited_fds::Plan inherited_fds;
    console::Plan console;
    labels::Plan labels;
    seccomp::Plan seccomp;
    std::optional<int> oom_score_adj;
    cpu_affinity::Plan cpu_affinity;
    memory_policy::Plan memory_policy;
    personality::Plan personality;
    io_priority::Plan io_priority;
    scheduler::Plan scheduler;
};

/// A state document with room for the pid, which is known last: init writes it
/// in place, where nothing may be allocated.
struct StateText {
    std::string json;
    std::size_t pid_offset = 0;

    void set_pid(pid_t pid) noexcept;
};

/// How a further process enters a running container.
struct Entry {
    bool wanted = false;      ///< False: this plan creates a container.
    UniqueFd init;            ///< pidfd, until its namespaces are joined.
    int namespaces = 0;       ///< CLONE_NEW* that differ from ours.
    bool joins_user = false;  ///< The user namespace is among them.
    UniqueFd root;            ///< The container's root, where it has no mount namespace.
    /// It has its filter before it is seen in the container: see can_confine_early().
    bool is_confined_early = false;
};

struct Plan {
    namespaces::Plan namespaces;
    timens::Plan time;
    user::Plan user;
    uts::Plan uts;
    network::Plan network;
    net_devices::Plan net_devices;
    cgroups::Plan cgroup;
    intel_rdt::Plan intel_rdt;
    rootfs::Plan rootfs;
    mounts::Plan mounts;
    devices::Plan devices;
    masks::Plan masks;
    sysctl::Plan sysctl;
    hooks::Plan hooks;
    StateText creating;  ///< State document for hooks while status is "creating".
    StateText created;   ///< The same for startContainer.
    std::string bundle;
    ProcessPlan process;
    Entry entry;
};

/// The state document that hooks read on their standard input.
StateText state_text(const State& state);

/// The whole plan of a new container. state: id, absolute bundle, annotations.
Result<Plan> make_plan(const Spec& spec, const host::Facts& facts, const Settings& settings,
                       const CreateOptions& options, const State& state);

/// The plan of a further process; the entry is the caller's to fill.
Result<Plan> make_exec_plan(const Spec& spec, const Process& process, const host::Facts& facts,
                            const ExecOptions& options);

}  // namespace oci::engine
