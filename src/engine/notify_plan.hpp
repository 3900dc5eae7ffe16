// SPDX-License-Identifier: Apache-2.0
//
// notify plan: what a container gets so that it can speak to the service
// manager of the host: a socket in its /run/notify, and a variable that names it.
#pragma once

#include <string>

#include "features/rootfs/mounts.hpp"
#include "oci-rt/error.hpp"
#include "oci-rt/options.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/spec.hpp"

namespace oci::engine::notify {

/// InvalidConfig where the container could not reach the socket, or we not the
/// manager's. notify_socket: $NOTIFY_SOCKET; empty is fine.
Result<void> check(const Spec& spec, const Settings& settings, const std::string& notify_socket);

/// The bind of the directory with the socket. position: after the mounts of the spec.
mounts::Entry mount_entry(const Settings& settings, const std::string& id, std::size_t position);

/// "NOTIFY_SOCKET=…", as the container needs it.
std::string variable();

}  // namespace oci::engine::notify
