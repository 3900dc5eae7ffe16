// SPDX-License-Identifier: Apache-2.0
#include "cli/moment.hpp"

#include <chrono>

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/amounts.hpp"

namespace oci::cli {
namespace {

bool is_number(std::string_view text, unsigned least, unsigned most) {
    const auto number = parse_number<unsigned>(text);
    return number && *number >= least && *number <= most;
}

bool is_date(std::string_view text) {
    return text.size() == 10 && text[4] == '-' && text[7] == '-' &&
           is_number(text.substr(0, 4), 1970, 9999) && is_number(text.substr(5, 2), 1, 12) &&
           is_number(text.substr(8, 2), 1, 31);
}

bool is_time(std::string_view text) {
    return text.size() == 8 && text[2] == ':' && text[5] == ':' &&
           is_number(text.substr(0, 2), 0, 23) && is_number(text.substr(3, 2), 0, 59) &&
           is_number(text.substr(6, 2), 0, 60);
}

std::string ago(std::chrono::milliseconds time) {
    using namespace std::chrono;
    const auto moment = floor<nanoseconds>(system_clock::now()) - time;
    const auto day = floor<days>(moment);
    const year_month_day date{day};
    const hh_mm_ss clock{moment - day};
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                       clock.subseconds().count());
}

}  // namespace

std::optional<std::string> parse_moment(std::string_view text) {
    constexpr std::size_t date_size = 10, time_size = 8, most_digits = 9;
    if (const auto time = parse_duration(text)) return ago(*time);
    const std::string_view date = text.substr(0, date_size);
    if (!is_date(date)) return std::nullopt;
    text.remove_prefix(date.size());
    if (text.empty()) return fmt::format("{}T00:00:00.000000000Z", date);
    if (text[0] != 'T' && text[0] != ' ') return std::nullopt;
    const std::string_view time = text.substr(1, time_size);
    if (!is_time(time)) return std::nullopt;
    text.remove_prefix(1 + time_size);
    std::string fraction;
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
        if (end == 0 || end > most_digits) return std::nullopt;
        fraction = text.substr(0, end);
        text.remove_prefix(end);
    }
    if (!text.empty() && text != "Z") return std::nullopt;
    return fmt::format("{}T{}.{:0<9}Z", date, time, fraction);
}

}  // namespace oci::cli
