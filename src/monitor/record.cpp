// SPDX-License-Identifier: Apache-2.0
#include "monitor/record.hpp"

#include <limits>

#include "base/flat_json.hpp"

namespace oci::monitor {
namespace {

constexpr int most_signals = 64;

template <typename Number>
bool is_in(std::int64_t value, Number least, Number most) {
    return value >= static_cast<std::int64_t>(least) && value <= static_cast<std::int64_t>(most);
}

}  // namespace

std::string_view write(std::span<char> buffer, const Record& record) noexcept {
    FlatJsonWriter json{buffer};
    json.number("pid", record.pid);
    json.number("startTime", static_cast<std::int64_t>(record.start_time));
    json.text("bootId", record.boot_id);
    json.text("logPath", record.log_path);
    json.number("logMaxSize", static_cast<std::int64_t>(record.limits.max_size));
    json.number("logMaxFiles", record.limits.max_files);
    json.truth("terminal", record.terminal);
    json.text("startedAt", record.started);
    return json.finish();
}

std::string_view write(std::span<char> buffer, const ExitRecord& record,
                       std::string_view type) noexcept {
    FlatJsonWriter json{buffer};
    if (!type.empty()) json.text("type", type);
    json.number("exitCode", record.code);
    if (record.signal != 0) json.number("signal", record.signal);
    json.truth("oomKilled", record.oom_killed);
    json.text("startedAt", record.started);
    json.text("finishedAt", record.finished);
    return json.finish();
}

std::optional<Record> read_record(std::string_view text) {
    FlatJson json;
    if (!json.read(text)) return std::nullopt;
    const auto pid = json.number("pid");
    const auto start_time = json.number("startTime");
    const auto boot_id = json.text("bootId");
    const auto log_path = json.text("logPath");
    const auto max_size = json.number("logMaxSize");
    const auto max_files = json.number("logMaxFiles");
    const auto terminal = json.truth("terminal");
    const auto started = json.text("startedAt");
    if (!pid || !is_in(*pid, 1, std::numeric_limits<pid_t>::max())) return std::nullopt;
    if (!start_time || !boot_id || !log_path || !terminal || !started) return std::nullopt;
    if (!max_size || *max_size < 0 || !max_files || !is_in(*max_files, 1, 1000))
        return std::nullopt;
    return Record{static_cast<pid_t>(*pid),
                  static_cast<std::uint64_t>(*start_time),
                  std::string{*boot_id},
                  std::string{*log_path},
                  {static_cast<std::uint64_t>(*max_size), static_cast<unsigned>(*max_files)},
                  *terminal,
                  std::string{*started}};
}

std::optional<ExitRecord> read_exit(std::string_view text) {
    FlatJson json;
    if (!json.read(text)) return std::nullopt;
    const auto code = json.number("exitCode");
    const auto signal = json.number("signal");
    const auto started = json.text("startedAt");
    const auto finished = json.text("finishedAt");
    if (!code || !is_in(*code, 0, 255) || !is_in(signal.value_or(0), 0, most_signals))
        return std::nullopt;
    if (!started || !finished) return std::nullopt;
    return ExitRecord{static_cast<int>(*code), static_cast<int>(signal.value_or(0)),
                      json.truth("oomKilled").value_or(false), std::string{*started},
                      std::string{*finished}};
}

}  // namespace oci::monitor
