// SPDX-License-Identifier: Apache-2.0
//
// checks: what can be said about a bundle before it is run: by planning it as
// `create` does, and by looking at the host. Nothing is changed anywhere.
#pragma once

#include <string>

#include "commands/validate/report.hpp"
#include "host/facts.hpp"
#include "oci-rt/options.hpp"
#include "oci-rt/spec.hpp"

namespace oci::commands {

/// What the checks look at.
struct Subject {
    const Spec& spec;
    const host::Facts& facts;
    const Settings& settings;
    std::string bundle;  ///< Absolute.
    std::string rootfs;  ///< Absolute.
};

/// The plan of each room, so that one mistake does not hide another.
void check_plans(const Subject& subject, Report& report);

/// Files that the configuration names: root, program, sources, hooks, namespaces.
void check_files(const Subject& subject, Report& report);

/// What the kernel and the caller must be able to do.
void check_host(const Subject& subject, Report& report);

/// What is taken, but has no effect or another one than it seems.
void check_effects(const Subject& subject, Report& report);

}  // namespace oci::commands
