// SPDX-License-Identifier: Apache-2.0
//
// log file: what a container says, written down; renamed to log.1, log.2, … when it is full. A
// disk that is full stops nobody: records are dropped and counted, and a line says how many.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "kernel/sys_result.hpp"
#include "monitor/log_record.hpp"
#include "monitor/record.hpp"
#include "oci-rt/unique_fd.hpp"

namespace oci::monitor {

/// Whether a file of this size, to which so much would be added, gives way to a new one. An
/// empty file never does.
[[nodiscard]] constexpr bool is_full(std::uint64_t size, std::uint64_t added,
                                     std::uint64_t max_size) noexcept {
    return max_size != 0 && size != 0 && (size >= max_size || added > max_size - size);
}

class LogFile {
public:
    /// path: absolute. What is there already is continued.
    static kernel::SysResult<LogFile> open(std::string_view path, LogLimits limits);

    /// Bytes of a stream as they came: lines, and the beginning of one. Never fails.
    void write(Stream stream, std::string_view bytes) noexcept;

    /// Tries once more to say what was dropped.
    void finish() noexcept;

    /// Goes on in a new file of the old name.
    kernel::SysResult<void> reopen() noexcept;

    void set_limits(LogLimits limits) noexcept { limits_ = limits; }
    [[nodiscard]] LogLimits limits() const noexcept { return limits_; }

    /// Records that were lost so far.
    [[nodiscard]] std::uint64_t dropped() const noexcept { return all_dropped_; }

private:
    class Batch;

    LogFile(UniqueFd directory, std::string name, LogLimits limits)
        : directory_{std::move(directory)}, name_{std::move(name)}, limits_{limits} {}

    void mend() noexcept;
    void rotate() noexcept;
    void flush(Batch& batch) noexcept;
    void drop(std::uint64_t records) noexcept;
    bool tell_dropped() noexcept;

    UniqueFd directory_;
    std::string name_;
    LogLimits limits_;
    UniqueFd file_;
    std::uint64_t size_ = 0;
    std::uint64_t dropped_ = 0;  ///< Of which no line tells yet.
    std::uint64_t all_dropped_ = 0;
};

}  // namespace oci::monitor
