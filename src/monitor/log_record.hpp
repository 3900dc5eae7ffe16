// SPDX-License-Identifier: Apache-2.0
//
// log record: one line of a log, as Kubernetes knows it (CRI).
//
//   2026-11-22T00:28:15.093537472Z stdout F text
//
// P in place of F: the line goes on in the next record of the same stream.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <optional>
#include <string_view>

namespace oci::monitor {

enum class Stream : std::uint8_t { Output, Error };

inline constexpr std::size_t time_size = 30;
inline constexpr std::size_t largest_text = 16384;  ///< Of one record.

/// RFC 3339 with nanoseconds, UTC.
struct TimeText {
    std::array<char, time_size> bytes;
    [[nodiscard]] std::string_view view() const noexcept { return {bytes.data(), bytes.size()}; }
};
TimeText time_text(const timespec& time) noexcept;
TimeText time_now() noexcept;

/// What stands before the text.
struct RecordHead {
    std::array<char, time_size + 10> bytes;
    [[nodiscard]] std::string_view view() const noexcept { return {bytes.data(), bytes.size()}; }
};
RecordHead record_head(const TimeText& time, Stream stream, bool is_complete) noexcept;

/// The next record that is in the text: up to and with its line feed, or what fits into one.
/// Empty text: empty.
struct Portion {
    std::string_view text;
    bool is_complete = false;
};
Portion next_portion(std::string_view text) noexcept;

struct LogRecord {
    std::string_view time;
    Stream stream = Stream::Output;
    bool is_complete = true;
    std::string_view text;
};
/// A line without its line feed; nullopt: it is no record.
std::optional<LogRecord> read_log_record(std::string_view line) noexcept;

}  // namespace oci::monitor
