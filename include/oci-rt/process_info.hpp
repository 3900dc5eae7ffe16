// SPDX-License-Identifier: Apache-2.0
//
// One process of a container, as the kernel describes it at one moment.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace oci {

struct ProcessInfo {
    pid_t pid = 0;             ///< As the caller sees it, as is its parent's.
    pid_t parent = 0;          ///< 0: outside of what the caller sees.
    pid_t pid_inside = 0;      ///< In the process's own pid namespace; 0: unknown.
    std::optional<uid_t> uid;  ///< The effective ones in its own user namespace; absent: unknown
    std::optional<gid_t> gid;  ///< there.
    char state = '?';          ///< As in ps(1): 'S' sleeps, 'R' runs, 'Z' is a zombie.
    unsigned threads = 0;
    std::uint64_t memory = 0;  ///< Resident, bytes.
    std::chrono::nanoseconds cpu_time{0};
    std::string cgroup;                ///< Below the container's: "/web"; empty: that itself.
    std::string name;                  ///< At most 15 bytes.
    std::vector<std::string> command;  ///< argv; empty for a zombie.
};

}  // namespace oci
