// SPDX-License-Identifier: Apache-2.0
//
// What several verbs need of a remembered container.
#pragma once

#include <string>

#include "container/record.hpp"
#include "container/status.hpp"
#include "container/store.hpp"
#include "features/cgroups/cgroups.hpp"
#include "features/intel_rdt/intel_rdt.hpp"
#include "features/seccomp/seccomp.hpp"
#include "oci-rt/runtime.hpp"

namespace oci::commands {

using container::Locked;

/// An existing container: its directory, its record, its status.
struct Container {
    container::StateDirectory directory;
    container::Record record;
    Status status = Status::Stopped;
};

/// NotFound for an unknown id; Status::Creating (and an empty record) for one
/// whose create has not come to an end.
Result<Container> find(const Settings& settings, const ContainerId& id, Locked locked);

cgroups::Location location_of(const container::CgroupPlace& place);
container::CgroupPlace place_of(const cgroups::Location& location);

intel_rdt::Place place_of(const container::RdtPlace& place);
container::RdtPlace place_of(const intel_rdt::Place& place);

State state_of(const container::Record& record, Status status);

/// Poststop hooks all run, whatever becomes of one of them.
void run_poststop_hooks(const container::Record& record);

/// Ends whatever runs in the cgroup, or the given process where there is none,
/// waits until it is gone, and removes the cgroup.
Result<void> end_processes(const container::CgroupPlace& place, const container::InitProcess& init);

/// Compiles the filter of a plan, by way of the cache that all containers of a root share.
Result<void> prepare_filter(const Settings& settings, const Spec& spec, seccomp::Plan& plan);

}  // namespace oci::commands
