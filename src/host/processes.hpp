// SPDX-License-Identifier: Apache-2.0
//
// processes: what procfs tells of a process, in the caller's words and in those of
// the namespaces that it lives in.
#pragma once

#include <optional>
#include <string_view>

#include "oci-rt/process_info.hpp"

namespace oci::host {

/// nullopt: it has ended. cgroup: of cgroup v2, what is below it is told.
[[nodiscard]] std::optional<ProcessInfo> describe_process(pid_t pid, std::string_view cgroup);

/// The id inside of an id outside, by the text of a uid_map or gid_map; nullopt: none.
[[nodiscard]] std::optional<std::uint32_t> id_inside(std::string_view map, std::uint32_t outside);

/// The texts of /proc/PID/status, stat and cmdline, each as far as it goes.
void read_status(std::string_view text, ProcessInfo& info);
void read_cpu_time(std::string_view stat, ProcessInfo& info);
[[nodiscard]] std::vector<std::string> read_command(std::string_view cmdline);

}  // namespace oci::host
