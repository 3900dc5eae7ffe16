// SPDX-License-Identifier: Apache-2.0
//
// mountinfo: the text of /proc/PID/mountinfo, line by line (proc(5)).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace oci {

/// One mount; the escapes of the kernel are undone.
struct MountLine {
    std::string root;         ///< What of its file system is mounted: "/" is all of it.
    std::string mount_point;  ///< Where, below the root of the process.
    std::string_view type;    ///< A view into the text: "proc", "cgroup2".
};

/// In the order of the text; a line that is none is left out.
[[nodiscard]] std::vector<MountLine> parse_mountinfo(std::string_view text);

}  // namespace oci
