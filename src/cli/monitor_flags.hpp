// SPDX-License-Identifier: Apache-2.0
//
// What run, logs, attach and stop are told about monitors, as written.
#pragma once

#include <optional>
#include <string>

namespace oci::cli {

/// Of run.
struct MonitorFlags {
    bool wanted = false;
    bool interactive = false;
    std::string log_path;
    std::optional<std::string> log_max_size;
    std::optional<std::string> log_max_files;
};

struct LogsFlags {
    bool follow = false;
    bool timestamps = false;
    std::optional<std::string> tail;
    std::string since;
};

struct AttachFlags {
    bool no_input = false;
};

struct StopFlags {
    std::string time = "10s";
    std::string signal = "TERM";
};

}  // namespace oci::cli
