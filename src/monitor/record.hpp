// SPDX-License-Identifier: Apache-2.0
//
// record: what a monitor leaves in the container's state directory, as text and back.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace oci::monitor {

struct LogLimits {
    std::uint64_t max_size = 0;  ///< 0: without limit.
    unsigned max_files = 1;      ///< With the one that is written to.
};

/// Who looks after the container.
struct Record {
    pid_t pid = 0;
    std::uint64_t start_time = 0;  ///< Of the monitor, clock ticks since boot.
    std::string boot_id;
    std::string log_path;
    LogLimits limits;
    bool terminal = false;
    std::string started;  ///< RFC 3339.
};

struct ExitRecord {
    int code = 0;
    int signal = 0;  ///< 0: it ended by itself.
    bool oom_killed = false;
    std::string started;
    std::string finished;
};

/// Empty if the buffer is too small.
std::string_view write(std::span<char> buffer, const Record& record) noexcept;
/// type: "exited" for a packet; empty in the file.
std::string_view write(std::span<char> buffer, const ExitRecord& record,
                       std::string_view type = {}) noexcept;

/// nullopt: damaged.
std::optional<Record> read_record(std::string_view text);
std::optional<ExitRecord> read_exit(std::string_view text);

}  // namespace oci::monitor
