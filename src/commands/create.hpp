// SPDX-License-Identifier: Apache-2.0
//
// create, for the verbs that begin with it.
#pragma once

#include "engine/launch.hpp"
#include "features/cgroups/location.hpp"
#include "oci-rt/options.hpp"
#include "oci-rt/state.hpp"

namespace oci::commands {

enum class Detached : unsigned char { No, Yes };

/// Which descriptors the container is to inherit; before anything of ours is opened.
Result<inherited_fds::Plan> inherit(const CreateOptions& options);

/// A container whose init waits at the start gate. The process is the caller's
/// to release; everything else is on record. stop: see engine::Answers.
struct Created {
    State state;
    engine::Launched launched;
    cgroups::Location cgroup;
};

Result<Created> create(const Settings& settings, const ContainerId& id,
                       const CreateOptions& options, inherited_fds::Plan inherited,
                       Detached detached, FdView stop);

}  // namespace oci::commands
