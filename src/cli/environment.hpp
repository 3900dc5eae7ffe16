// SPDX-License-Identifier: Apache-2.0
//
// What the caller hands over besides argv: variables, descriptors, rank. The
// container never sees these variables.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "cli/verbs.hpp"
#include "oci-rt/options.hpp"

namespace oci::cli {

/// Closes on execve whatever leaked in, and opens 0 to 2 on /dev/null where they are closed.
void tidy_descriptors() noexcept;

/// Whether the `count` descriptors from 3 on survive an execve; holes are no error.
void hand_on_descriptors(int count, bool on) noexcept;

/// Where containers are remembered unless --root says so. xdg: $XDG_RUNTIME_DIR or "".
[[nodiscard]] std::string default_root(bool is_host_root, std::string_view xdg);

/// systemd's protocol (sd_listen_fds(3)); 0 unless the variables are meant for us.
[[nodiscard]] int listen_descriptors(std::string_view pid, std::string_view count, pid_t self);

/// What --root, --cgroup-manager and the environment say together.
[[nodiscard]] Settings settings_of(const Globals& globals);

/// The service that is asked instead of acting here: --connect, or OCI_RT_CONNECT unless --root
/// says where containers are, or the verb is no service's. "" for none.
[[nodiscard]] std::string service_of(const Globals& globals, std::string_view verb);

/// Fills in what create, run and exec learn from the environment.
void add_environment(VerbOptions& options);

}  // namespace oci::cli
