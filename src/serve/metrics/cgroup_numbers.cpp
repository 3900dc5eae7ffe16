// SPDX-License-Identifier: Apache-2.0
#include "serve/metrics/cgroup_numbers.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "base/text.hpp"
#include "kernel/text_file.hpp"

namespace oci::serve::metrics {
namespace {

constexpr std::size_t largest_file = std::size_t{1} << 20U;
constexpr std::size_t most_devices = 64;

enum class Unit : std::uint8_t { One, Microsecond };

/// A number behind a word at the beginning of a line.
struct Word {
    const char* file;
    std::string_view word;
    Family family;
    Unit unit = Unit::One;
    std::string_view label{};  ///< One more, written out.
};
constexpr Family failures{"container_memory_failures_total", Kind::Counter,
                          "Page faults of the container."};
/// Those of one file stand together.
constexpr std::array words{
    Word{"cpu.stat",
         "usage_usec",
         {"container_cpu_usage_seconds_total", Kind::Counter, "Processor time in seconds."},
         Unit::Microsecond},
    Word{"cpu.stat",
         "user_usec",
         {"container_cpu_user_seconds_total", Kind::Counter, "Of it, in programs."},
         Unit::Microsecond},
    Word{"cpu.stat",
         "system_usec",
         {"container_cpu_system_seconds_total", Kind::Counter, "Of it, in the kernel."},
         Unit::Microsecond},
    Word{"cpu.stat",
         "nr_periods",
         {"container_cpu_cfs_periods_total", Kind::Counter, "Periods of the processor limit."}},
    Word{"cpu.stat",
         "nr_throttled",
         {"container_cpu_cfs_throttled_periods_total", Kind::Counter,
          "Periods in which the container had to wait."}},
    Word{"cpu.stat",
         "throttled_usec",
         {"container_cpu_cfs_throttled_seconds_total", Kind::Counter, "How long it had to wait."},
         Unit::Microsecond},
    Word{"memory.stat",
         "anon",
         {"container_memory_rss", Kind::Gauge, "Memory of no file, in bytes."}},
    Word{"memory.stat", "file", {"container_memory_cache", Kind::Gauge, "Page cache, in bytes."}},
    Word{"memory.stat",
         "file_mapped",
         {"container_memory_mapped_file", Kind::Gauge, "Of it, mapped."}},
    Word{"memory.stat",
         "file_dirty",
         {"container_memory_file_dirty_bytes", Kind::Gauge, "Of it, to be written."}},
    Word{"memory.stat",
         "file_writeback",
         {"container_memory_file_writeback_bytes", Kind::Gauge, "Of it, being written."}},
    Word{"memory.stat", "pgfault", failures, Unit::One, "failure_type=\"pgfault\""},
    Word{"memory.stat", "pgmajfault", failures, Unit::One, "failure_type=\"pgmajfault\""},
    Word{"memory.events",
         "max",
         {"container_memory_failcnt", Kind::Plain, "How often the memory limit was met."}},
    Word{"memory.events",
         "oom_kill",
         {"container_oom_events_total", Kind::Counter, "Processes that the OOM killer has ended."}},
};

/// A file that is one number.
struct Single {
    const char* file;
    Family family;
};
constexpr std::array singles{
    Single{"memory.peak",
           {"container_memory_max_usage_bytes", Kind::Gauge, "The most memory so far."}},
    Single{"memory.swap.current", {"container_memory_swap", Kind::Gauge, "Swap, in bytes."}},
    Single{"memory.max",
           {"container_spec_memory_limit_bytes", Kind::Gauge, "Limit of its memory."}},
    Single{"pids.current", {"container_threads", Kind::Gauge, "Threads of the container."}},
    Single{"pids.max", {"container_threads_max", Kind::Gauge, "Limit of its threads."}},
};

struct Pressure {
    const char* file;
    Family waiting;
    Family stalled;
};
constexpr std::array pressures{
    Pressure{"cpu.pressure",
             {"container_pressure_cpu_waiting_seconds_total", Kind::Counter,
              "Time in which some tasks waited for a processor."},
             {"container_pressure_cpu_stalled_seconds_total", Kind::Counter,
              "Time in which all of them did."}},
    Pressure{"memory.pressure",
             {"container_pressure_memory_waiting_seconds_total", Kind::Counter,
              "Time in which some tasks waited for memory."},
             {"container_pressure_memory_stalled_seconds_total", Kind::Counter,
              "Time in which all of them did."}},
    Pressure{"io.pressure",
             {"container_pressure_io_waiting_seconds_total", Kind::Counter,
              "Time in which some tasks waited for a device."},
             {"container_pressure_io_stalled_seconds_total", Kind::Counter,
              "Time in which all of them did."}},
};

struct OfDevice {
    std::string_view key;
    Family family;
};
constexpr std::array of_devices{
    OfDevice{"rbytes", {"container_fs_reads_bytes_total", Kind::Counter, "Bytes read."}},
    OfDevice{"wbytes", {"container_fs_writes_bytes_total", Kind::Counter, "Bytes written."}},
    OfDevice{"rios", {"container_fs_reads_total", Kind::Counter, "Reads."}},
    OfDevice{"wios", {"container_fs_writes_total", Kind::Counter, "Writes."}},
};

constexpr Family memory_usage{"container_memory_usage_bytes", Kind::Gauge,
                              "Memory, with the page cache."};
constexpr Family working_set{"container_memory_working_set_bytes", Kind::Gauge,
                             "Memory without the cache that nobody has used lately."};
constexpr Family cpu_quota{"container_spec_cpu_quota", Kind::Gauge,
                           "Microseconds of processor time in each period."};
constexpr Family cpu_period{"container_spec_cpu_period", Kind::Gauge,
                            "Microseconds of a period of the processor limit."};
constexpr Family cpu_shares{"container_spec_cpu_shares", Kind::Gauge,
                            "Share of the processors, as cgroup v1 counts it."};
constexpr Family processes{"container_processes", Kind::Gauge, "Processes of the container."};
constexpr Family huge_pages{"container_hugetlb_usage_bytes", Kind::Gauge,
                            "Huge pages of the container."};

std::optional<std::string> text_of(FdView cgroup, const char* file) {
    auto text = kernel::read_text(cgroup, file, largest_file);
    return text ? std::optional{std::move(text).value()} : std::nullopt;
}

std::optional<std::uint64_t> number_of(FdView cgroup, const char* file) {
    const auto text = text_of(cgroup, file);
    return text ? parse_number<std::uint64_t>(trim(*text)) : std::nullopt;
}

/// "WORD 123" as a line of its own.
std::optional<std::uint64_t> number_behind(std::string_view text, std::string_view word) {
    for (const std::string_view line : split(text, '\n'))
        if (line.size() > word.size() && line.starts_with(word) && line[word.size()] == ' ')
            return parse_number<std::uint64_t>(trim(line.substr(word.size())));
    return std::nullopt;
}

void add_words(Exposition& into, FdView cgroup, const std::string& labels) {
    const char* file = nullptr;
    std::optional<std::string> text;
    for (const Word& each : words) {
        if (file == nullptr || std::string_view{file} != each.file)
            text = text_of(cgroup, file = each.file);
        const auto number = text ? number_behind(*text, each.word) : std::nullopt;
        if (!number) continue;
        const Family& family = each.label.empty() ? each.family : failures;
        into.add(family, each.label.empty() ? labels : fmt::format("{},{}", labels, each.label),
                 each.unit == Unit::One ? std::to_string(*number) : seconds_text(*number));
    }
}

void add_memory(Exposition& into, FdView cgroup, const std::string& labels) {
    const auto current = number_of(cgroup, "memory.current");
    if (!current) return;
    into.add(memory_usage, labels, *current);
    const auto text = text_of(cgroup, "memory.stat");
    const auto idle = text ? number_behind(*text, "inactive_file") : std::nullopt;
    if (idle) into.add(working_set, labels, *current - std::min(*current, *idle));
}

void add_cpu_limits(Exposition& into, FdView cgroup, const std::string& labels) {
    if (const auto text = text_of(cgroup, "cpu.max")) {
        const auto parts = split(trim(*text), ' ');
        const auto quota = parse_number<std::uint64_t>(parts.front());
        const auto period = parse_number<std::uint64_t>(parts.back());
        if (quota) into.add(cpu_quota, labels, *quota);
        if (period && parts.size() == 2) into.add(cpu_period, labels, *period);
    }
    const auto weight = number_of(cgroup, "cpu.weight");
    // 1 to 10000 onto 2 to 262144, as everybody does who moved from v1.
    if (weight && *weight > 0) into.add(cpu_shares, labels, (*weight - 1) * 262142 / 9999 + 2);
}

void add_devices(Exposition& into, FdView cgroup, const std::string& labels) {
    const auto text = text_of(cgroup, "io.stat");
    if (!text) return;
    std::size_t count = 0;
    for (const std::string_view line : split(*text, '\n')) {
        const auto parts = split(line, ' ');
        if (parts.size() < 2 || ++count > most_devices) continue;
        const std::string all = labels + "," + metrics::labels({{"device", parts.front()}});
        for (const std::string_view part : parts)
            for (const OfDevice& each : of_devices) {
                const std::size_t sign = part.find('=');
                if (part.substr(0, sign) != each.key) continue;
                const auto number = parse_number<std::uint64_t>(part.substr(sign + 1));
                if (number) into.add(each.family, all, *number);
            }
    }
}

void add_pressure(Exposition& into, FdView cgroup, const std::string& labels) {
    constexpr std::string_view key = "total=";
    for (const Pressure& each : pressures) {
        const auto text = text_of(cgroup, each.file);
        if (!text) continue;
        for (const std::string_view line : split(*text, '\n')) {
            const std::size_t at = line.find(key);
            if (at == std::string_view::npos) continue;
            const auto total = parse_number<std::uint64_t>(trim(line.substr(at + key.size())));
            const bool is_some = line.starts_with("some ");
            if (total)
                into.add(is_some ? each.waiting : each.stalled, labels, seconds_text(*total));
        }
    }
}

void add_huge_pages(Exposition& into, FdView cgroup, const std::string& labels) {
    for (const char* size : {"64KB", "2MB", "32MB", "1GB"}) {
        const auto number = number_of(cgroup, fmt::format("hugetlb.{}.current", size).c_str());
        if (number)
            into.add(huge_pages, labels + "," + metrics::labels({{"pagesize", size}}), *number);
    }
}

}  // namespace

void add_cgroup(Exposition& into, FdView cgroup, const std::string& labels) {
    add_words(into, cgroup, labels);
    add_memory(into, cgroup, labels);
    add_cpu_limits(into, cgroup, labels);
    for (const Single& each : singles)
        if (const auto number = number_of(cgroup, each.file))
            into.add(each.family, labels, *number);
    if (const auto text = text_of(cgroup, "cgroup.procs"))
        into.add(processes, labels, static_cast<std::uint64_t>(std::ranges::count(*text, '\n')));
    add_devices(into, cgroup, labels);
    add_pressure(into, cgroup, labels);
    add_huge_pages(into, cgroup, labels);
}

}  // namespace oci::serve::metrics
