// SPDX-License-Identifier: Apache-2.0
//
// checks: what can be said about a bundle before it is run: by planning it as
// `create` does, and by looking at the host. Nothing is changed anywhere.
#pragma once

#include <string>

#include <fmt/format.h>

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

/// Files of the host that the configuration names: root, namespaces, devices.
void check_files(const Subject& subject, Report& report);

class ContainerFiles;

/// Sources, targets and options of mounts.
void check_mounts(const Subject& subject, const ContainerFiles& files, Report& report);

/// The container's program, where it runs, and its hooks.
void check_programs(const Subject& subject, const ContainerFiles& files, Report& report);

/// What the kernel must have.
void check_host(const Subject& subject, Report& report);

/// The container's cgroup and its controllers.
void check_cgroup(const Subject& subject, Report& report);

/// What the caller may do, and whom the container's ids stand for.
void check_users(const Subject& subject, Report& report);

/// The plan of each room, so that one mistake does not hide another. After the others, which
/// have more to say about the same.
void check_plans(const Subject& subject, Report& report);

/// What is taken, but has no effect or another one than it seems.
void check_effects(const Subject& subject, Report& report);

}  // namespace oci::commands
