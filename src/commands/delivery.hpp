// SPDX-License-Identifier: Apache-2.0
//
// delivery: what a caller gets besides an exit status: a pid file, the master
// of the terminal, a pidfd.
#pragma once

#include <sys/types.h>

#include <string>

#include "oci-rt/error.hpp"
#include "oci-rt/result.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::commands {

/// Digits only, by rename. Empty path: nothing to do.
Result<void> write_pid_file(const std::string& path, pid_t pid);

/// One message with one descriptor to the socket at the path. Empty path: nothing to do.
Result<void> send_terminal(const std::string& path, FdView master);
Result<void> send_pidfd(const std::string& path, FdView pidfd);

/// InvalidConfig for a combination that leaves the terminal without an owner.
Result<void> check_terminal(bool terminal, bool detached, const std::string& console_socket);

}  // namespace oci::commands
