// SPDX-License-Identifier: Apache-2.0
//
// in namespaces: probes that need a user namespace, each in a child process that
// ends with what it found out. An errno each; 0: it can be done.
#pragma once

namespace oci::host {

/// Capabilities in a new user namespace, and not only the namespace.
[[nodiscard]] int make_user_namespace();

/// A detached tmpfs with an id map of its own.
[[nodiscard]] int map_ids_of_tmpfs();

/// Two directories of a tmpfs as one, without being root of the machine.
[[nodiscard]] int mount_overlay();

/// EPERM: not without being root of the machine.
[[nodiscard]] int mount_fuse();

}  // namespace oci::host
