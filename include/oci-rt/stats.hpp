// SPDX-License-Identifier: Apache-2.0
//
// What a container uses: the numbers of its cgroup at one moment. A number that
// the kernel does not give is absent.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace oci {

using Amount = std::optional<std::uint64_t>;

/// How long somebody waited for a resource (PSI), of the last 10, 60 and 300 seconds.
struct Pressure {
    double average_10 = 0;  ///< Percent of the time, as are the next two.
    double average_60 = 0;
    double average_300 = 0;
    std::uint64_t total = 0;  ///< Microseconds since the cgroup was made.
};

struct PressureStats {
    Pressure some;  ///< At least one task waited.
    Pressure full;  ///< All did.
};

/// Times are nanoseconds.
struct CpuStats {
    Amount usage;
    Amount user;
    Amount kernel;
    Amount periods;
    Amount throttled_periods;
    Amount throttled_time;
    Amount quota;  ///< Of each period; absent: not limited.
    Amount period;
    std::string cpus;  ///< Those it may use, "0-3"; empty: unknown.
    std::string mems;  ///< Likewise memory nodes.
    std::optional<PressureStats> pressure;
};

/// Bytes, but for the counts. An absent limit is none.
struct MemoryStats {
    Amount usage;
    Amount limit;
    Amount peak;
    Amount swap_usage;
    Amount swap_limit;
    Amount swap_peak;
    Amount limit_hits;                             ///< How often the limit was reached.
    Amount oom_kills;                              ///< Processes that the OOM killer ended.
    std::map<std::string, std::uint64_t> details;  ///< memory.stat as it is.
    std::optional<PressureStats> pressure;
};

struct PidsStats {
    Amount current;
    Amount limit;       ///< Absent: none.
    Amount limit_hits;  ///< How often fork(2) failed for it.
};

/// Since the cgroup was made. Bytes and operations.
struct DeviceIoStats {
    std::uint32_t major = 0;
    std::uint32_t minor = 0;
    std::uint64_t read_bytes = 0;
    std::uint64_t written_bytes = 0;
    std::uint64_t discarded_bytes = 0;
    std::uint64_t reads = 0;
    std::uint64_t writes = 0;
    std::uint64_t discards = 0;
};

struct IoStats {
    std::vector<DeviceIoStats> devices;
    std::optional<PressureStats> pressure;
};

struct HugepageStats {
    Amount usage;  ///< Bytes.
    Amount limit;  ///< Absent: none.
    Amount limit_hits;
};

struct RdmaStats {
    Amount handles;
    Amount objects;
    Amount handle_limit;  ///< Absent: none.
    Amount object_limit;
};

struct Stats {
    CpuStats cpu;
    MemoryStats memory;
    PidsStats pids;
    IoStats io;
    std::map<std::string, HugepageStats> hugepages;  ///< By page size, "2MB".
    std::map<std::string, RdmaStats> rdma;           ///< By device.
};

}  // namespace oci
