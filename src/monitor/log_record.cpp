// SPDX-License-Identifier: Apache-2.0
#include "monitor/log_record.hpp"

#include <algorithm>
#include <chrono>

namespace oci::monitor {
namespace {

/// The last digits of a number, with zeros before.
void put_number(char* at, std::size_t digits, long number) {
    for (std::size_t i = digits; i-- > 0; number /= 10)
        at[i] = static_cast<char>('0' + number % 10);
}

}  // namespace

TimeText time_text(const timespec& time) noexcept {
    constexpr std::string_view pattern = "0000-00-00T00:00:00.000000000Z";
    static_assert(pattern.size() == time_size);
    // Not gmtime_r(3): it would read the rules of the time zone first.
    constexpr long day = 86400;
    const long second = (time.tv_sec % day + day) % day;
    const std::chrono::year_month_day date{
        std::chrono::sys_days{std::chrono::days{(time.tv_sec - second) / day}}};
    TimeText text;
    char* const at = text.bytes.data();
    std::ranges::copy(pattern, at);
    put_number(at, 4, static_cast<int>(date.year()));
    put_number(at + 5, 2, static_cast<unsigned>(date.month()));
    put_number(at + 8, 2, static_cast<unsigned>(date.day()));
    put_number(at + 11, 2, second / 3600);
    put_number(at + 14, 2, second / 60 % 60);
    put_number(at + 17, 2, second % 60);
    put_number(at + 20, 9, time.tv_nsec);
    return text;
}

TimeText time_now() noexcept {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    return time_text(now);
}

RecordHead record_head(const TimeText& time, Stream stream, bool is_complete) noexcept {
    RecordHead head;
    char* at = std::ranges::copy(time.bytes, head.bytes.data()).out;
    const std::string_view name = stream == Stream::Output ? " stdout " : " stderr ";
    at = std::ranges::copy(name, at).out;
    *at++ = is_complete ? 'F' : 'P';
    *at = ' ';
    return head;
}

Portion next_portion(std::string_view text) noexcept {
    const std::size_t feed = text.substr(0, largest_text + 1).find('\n');
    if (feed != std::string_view::npos) return {text.substr(0, feed + 1), true};
    return {text.substr(0, largest_text), false};
}

std::optional<LogRecord> read_log_record(std::string_view line) noexcept {
    constexpr std::size_t head_size = time_size + 10;
    if (line.size() < head_size || line[time_size - 1] != 'Z') return std::nullopt;
    const std::string_view name = line.substr(time_size, 8);
    if (name != " stdout " && name != " stderr ") return std::nullopt;
    const char tag = line[time_size + 8];
    if ((tag != 'F' && tag != 'P') || line[time_size + 9] != ' ') return std::nullopt;
    return LogRecord{line.substr(0, time_size), name[4] == 'o' ? Stream::Output : Stream::Error,
                     tag == 'F', line.substr(head_size)};
}

}  // namespace oci::monitor
