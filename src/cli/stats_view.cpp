// SPDX-License-Identifier: Apache-2.0
#include "cli/stats_view.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>

#include <fmt/format.h>

#include "base/json_writer.hpp"
#include "cli/amounts.hpp"
#include "kernel/files.hpp"
#include "kernel/watch.hpp"

namespace oci::cli {
namespace {

using clock = std::chrono::steady_clock;
using Columns = std::array<std::string, 7>;

std::string size_or_dash(Amount amount) { return amount ? size_text(*amount) : "-"; }

std::uint64_t sum_of(const IoStats& io, std::uint64_t DeviceIoStats::*member) {
    std::uint64_t sum = 0;
    for (const DeviceIoStats& device : io.devices) sum += device.*member;
    return sum;
}

std::string waiting(const std::optional<PressureStats>& pressure) {
    return pressure ? fmt::format("{:.1f}", pressure->some.average_10) : "-";
}

Columns columns_of(const StatsRow& row) {
    const Stats& stats = row.stats;
    const bool is_limited = stats.memory.usage && stats.memory.limit.value_or(0) > 0;
    return {row.id,
            row.cpu_percent ? fmt::format("{:.1f}%", *row.cpu_percent) : "-",
            size_or_dash(stats.memory.usage) + " / " + size_or_dash(stats.memory.limit),
            is_limited ? fmt::format("{:.1f}%", 100.0 * static_cast<double>(*stats.memory.usage) /
                                                    static_cast<double>(*stats.memory.limit))
                       : "-",
            stats.pids.current ? std::to_string(*stats.pids.current) : "-",
            size_text(sum_of(stats.io, &DeviceIoStats::read_bytes)) + " / " +
                size_text(sum_of(stats.io, &DeviceIoStats::written_bytes)),
            waiting(stats.cpu.pressure) + " " + waiting(stats.memory.pressure) + " " +
                waiting(stats.io.pressure)};
}

void write_amount(JsonWriter& json, std::string_view name, Amount amount) {
    if (amount) json.member(name, *amount);
}

void write_row(JsonWriter& json, const StatsRow& row) {
    const Stats& stats = row.stats;
    json.begin_object().member("id", row.id);
    json.key("cpu").begin_object();
    if (row.cpu_percent) json.key("percent").json(fmt::format("{:.2f}", *row.cpu_percent));
    write_amount(json, "usage", stats.cpu.usage);
    write_amount(json, "quota", stats.cpu.quota);
    write_amount(json, "period", stats.cpu.period);
    json.end_object().key("memory").begin_object();
    write_amount(json, "usage", stats.memory.usage);
    write_amount(json, "limit", stats.memory.limit);
    write_amount(json, "peak", stats.memory.peak);
    write_amount(json, "swap", stats.memory.swap_usage);
    write_amount(json, "oomKills", stats.memory.oom_kills);
    json.end_object().key("pids").begin_object();
    write_amount(json, "current", stats.pids.current);
    write_amount(json, "limit", stats.pids.limit);
    json.end_object().key("io").begin_object();
    json.member("readBytes", sum_of(stats.io, &DeviceIoStats::read_bytes));
    json.member("writtenBytes", sum_of(stats.io, &DeviceIoStats::written_bytes));
    json.end_object().key("pressure").begin_object();
    const std::array resources{std::pair{"cpu", &stats.cpu.pressure},
                               std::pair{"memory", &stats.memory.pressure},
                               std::pair{"io", &stats.io.pressure}};
    for (const auto& [name, pressure] : resources)
        if (*pressure) json.key(name).json(fmt::format("{:.2f}", (*pressure)->some.average_10));
    json.end_object().end_object();
}

/// The rounds of one `stats`.
class Rounds {
public:
    Rounds(const Runtime& runtime, const std::vector<ContainerId>& ids)
        : runtime_{runtime}, ids_{ids} {}

    /// A container that was named and is not there is an error in the first round only.
    Result<std::vector<StatsRow>> next() {
        const std::vector<ContainerId> ids = OCI_TRY(wanted());
        std::vector<StatsRow> rows;
        std::map<std::string, Sample> samples;
        for (const ContainerId& id : ids) {
            auto stats = runtime_.stats(id);
            if (!stats && is_first_ && !ids_.empty()) return Failure{stats.error()};
            if (!stats) continue;
            const Sample now{clock::now(), stats.value().cpu.usage};
            rows.push_back({id.text(), std::move(stats).value(), percent(id.text(), now)});
            samples.emplace(id.text(), now);
        }
        samples_ = std::move(samples);
        is_first_ = false;
        return rows;
    }

private:
    struct Sample {
        clock::time_point at;
        Amount usage;
    };

    Result<std::vector<ContainerId>> wanted() {
        if (!ids_.empty()) return ids_;
        const std::vector<State> states = OCI_TRY(runtime_.list());
        std::vector<ContainerId> running;
        for (const State& state : states) {
            if (state.status == Status::Stopped || state.status == Status::Creating) continue;
            const ContainerId id = OCI_TRY(ContainerId::parse(state.id));
            running.push_back(id);
        }
        return running;
    }

    std::optional<double> percent(const std::string& id, const Sample& now) const {
        const auto before = samples_.find(id);
        if (before == samples_.end() || !now.usage || !before->second.usage) return std::nullopt;
        const auto elapsed = std::chrono::nanoseconds{now.at - before->second.at}.count();
        if (elapsed <= 0 || *now.usage < *before->second.usage) return std::nullopt;
        return 100.0 * static_cast<double>(*now.usage - *before->second.usage) /
               static_cast<double>(elapsed);
    }

    const Runtime& runtime_;
    const std::vector<ContainerId>& ids_;
    std::map<std::string, Sample> samples_;
    bool is_first_ = true;
};

}  // namespace

std::string stats_table(const std::vector<StatsRow>& rows) {
    std::vector<Columns> lines{
        {"ID", "CPU", "MEMORY / LIMIT", "MEMORY", "PIDS", "READ / WRITTEN", "WAITING CPU MEM IO"}};
    std::ranges::transform(rows, std::back_inserter(lines), columns_of);
    std::array<std::size_t, std::tuple_size_v<Columns>> widths{};
    for (const Columns& line : lines)
        for (std::size_t i = 0; i < line.size(); ++i)
            widths[i] = std::max(widths[i], line[i].size());
    std::string out;
    for (const Columns& line : lines) {
        for (std::size_t i = 0; i + 1 < line.size(); ++i)
            out.append(line[i]).append(widths[i] - line[i].size() + 3, ' ');
        out.append(line.back()).append("\n");
    }
    return out;
}

std::string stats_lines(const std::vector<StatsRow>& rows) {
    std::string out;
    for (const StatsRow& row : rows) {
        JsonWriter json{out};
        write_row(json, row);
        out += '\n';
    }
    return out;
}

Result<void> show_stats(const Runtime& runtime, const std::vector<ContainerId>& ids,
                        const StatsFlags& flags) {
    constexpr int between_rounds = 1000;  // milliseconds
    constexpr int for_one_round = 500;
    const FdView output{STDOUT_FILENO};
    // A table that nobody watches is wanted once.
    const bool is_once = flags.no_stream || (!flags.json && ::isatty(output.get()) != 1);
    const bool clears = !flags.json && !is_once;
    Rounds rounds{runtime, ids};
    // Processor time in percent takes two looks.
    OCI_TRY(rounds.next());
    for (;;) {
        OCI_TRY(kernel::wait_for_any({}, is_once ? for_one_round : between_rounds));
        const std::vector<StatsRow> rows = OCI_TRY(rounds.next());
        if (rows.empty() && !ids.empty()) return {};
        const std::string text = flags.json ? stats_lines(rows) : stats_table(rows);
        OCI_TRY(kernel::write_all(output, clears ? "\x1b[H\x1b[J" + text : text));
        if (is_once) return {};
    }
}

}  // namespace oci::cli
