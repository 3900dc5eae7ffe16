// SPDX-License-Identifier: Apache-2.0
//
// newuidmap(1) and newgidmap(1): set-user-ID programs that write the id maps
// which /etc/subuid and /etc/subgid grant to a user. Run as they need it; what
// to say of a refusal is up to the caller.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "kernel/sys_result.hpp"
#include "oci-rt/spec.hpp"

namespace oci::kernel {

/// Where "newuidmap" or "newgidmap" is installed; empty: nowhere.
[[nodiscard]] std::string find_id_map_program(const char* name);

struct IdMapProgramEnd {
    int status = 0;
    std::string complaint;  ///< For display.
};

/// For a process that waits in its new user namespace. At most 30 seconds.
SysResult<IdMapProgramEnd> run_id_map_program(const std::string& path, pid_t pid,
                                              const std::vector<IdMapping>& map);

}  // namespace oci::kernel
