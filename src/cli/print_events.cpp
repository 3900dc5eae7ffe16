// SPDX-License-Identifier: Apache-2.0
#include "cli/print_events.hpp"

#include <array>
#include <limits>

#include <fmt/format.h>

#include "base/index_list.hpp"
#include "base/named_values.hpp"
#include "base/text.hpp"

namespace oci::cli {
namespace {

constexpr std::array event_kinds{
    Named<EventKind>{"stats", EventKind::Stats},
    Named<EventKind>{"oom", EventKind::OutOfMemory},
    Named<EventKind>{"pressure", EventKind::Pressure},
    Named<EventKind>{"created", EventKind::Created},
    Named<EventKind>{"started", EventKind::Started},
    Named<EventKind>{"paused", EventKind::Paused},
    Named<EventKind>{"resumed", EventKind::Resumed},
    Named<EventKind>{"exited", EventKind::Exited},
};

/// How cgroup v1 spelled "no limit".
constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();

/// Numbers that are absent, or nothing, are left out.
void write_some(JsonWriter& json, std::string_view name, Amount amount) {
    if (amount.value_or(0) != 0) json.member(name, *amount);
}

void write_pressure_line(JsonWriter& json, std::string_view name, const Pressure& pressure) {
    json.key(name).begin_object();
    json.key("avg10").json(fmt::format("{:.2f}", pressure.average_10));
    json.key("avg60").json(fmt::format("{:.2f}", pressure.average_60));
    json.key("avg300").json(fmt::format("{:.2f}", pressure.average_300));
    json.member("total", pressure.total);
    json.end_object();
}

void write_pressure(JsonWriter& json, const std::optional<PressureStats>& pressure) {
    if (!pressure) return;
    json.key("psi").begin_object();
    write_pressure_line(json, "some", pressure->some);
    write_pressure_line(json, "full", pressure->full);
    json.end_object();
}

void write_cpu(JsonWriter& json, const CpuStats& cpu) {
    json.key("cpu").begin_object();
    json.key("usage").begin_object();
    write_some(json, "total", cpu.usage);
    json.member("kernel", cpu.kernel.value_or(0));
    json.member("user", cpu.user.value_or(0));
    json.end_object();
    json.key("throttling").begin_object();
    write_some(json, "periods", cpu.periods);
    write_some(json, "throttledPeriods", cpu.throttled_periods);
    write_some(json, "throttledTime", cpu.throttled_time);
    json.end_object();
    write_pressure(json, cpu.pressure);
    json.end_object();
}

void write_indexes(JsonWriter& json, std::string_view name, std::string_view list) {
    const auto ranges = parse_index_list(list);
    if (!ranges || ranges->empty()) return;
    json.key(name).begin_array();
    for (const IndexRange& range : *ranges)
        for (unsigned index = range.first; index <= range.last; ++index) json.value(index);
    json.end_array();
}

/// Of cgroup v1 but for the lists: always there, always nothing.
void write_cpuset(JsonWriter& json, const CpuStats& cpu) {
    json.key("cpuset").begin_object();
    write_indexes(json, "cpus", cpu.cpus);
    json.member("cpu_exclusive", 0);
    write_indexes(json, "mems", cpu.mems);
    for (const char* name : {"mem_hardwall", "mem_exclusive", "memory_migrate",
                             "memory_spread_page", "memory_spread_slab", "memory_pressure",
                             "sched_load_balance", "sched_relax_domain_level"})
        json.member(name, 0);
    json.end_object();
}

struct MemoryEntry {
    std::string_view name;
    std::uint64_t limit = 0;
    Amount usage{};
    Amount most{};
    Amount limit_hits{};
};

void write_memory_entry(JsonWriter& json, const MemoryEntry& entry) {
    json.key(entry.name).begin_object();
    json.member("limit", entry.limit);
    write_some(json, "usage", entry.usage);
    write_some(json, "max", entry.most);
    json.member("failcnt", entry.limit_hits.value_or(0));
    json.end_object();
}

Amount detail(const MemoryStats& memory, const char* name) {
    const auto found = memory.details.find(name);
    return found == memory.details.end() ? Amount{} : Amount{found->second};
}

/// Swap is memory and swap together, as it was in cgroup v1.
MemoryEntry swap_entry(const MemoryStats& memory) {
    MemoryEntry entry{.name = "swap"};
    if (memory.usage && memory.swap_usage) entry.usage = *memory.usage + *memory.swap_usage;
    const bool is_limited = memory.limit && memory.swap_limit;
    if (memory.usage) entry.limit = is_limited ? *memory.limit + *memory.swap_limit : no_limit;
    return entry;
}

void write_memory(JsonWriter& json, const MemoryStats& memory) {
    json.key("memory").begin_object();
    write_some(json, "cache", detail(memory, "file"));
    write_memory_entry(json, {.name = "usage",
                              .limit = memory.usage ? memory.limit.value_or(no_limit) : 0,
                              .usage = memory.usage,
                              .most = memory.peak,
                              .limit_hits = memory.limit_hits});
    write_memory_entry(json, swap_entry(memory));
    write_memory_entry(json, {.name = "kernel", .usage = detail(memory, "kernel")});
    write_memory_entry(json, {.name = "kernelTCP", .usage = detail(memory, "sock")});
    if (!memory.details.empty()) {
        json.key("raw").begin_object();
        for (const auto& [name, number] : memory.details) json.member(name, number);
        json.end_object();
    }
    write_pressure(json, memory.pressure);
    json.end_object();
}

void write_pids(JsonWriter& json, const PidsStats& pids) {
    json.key("pids").begin_object();
    write_some(json, "current", pids.current);
    write_some(json, "limit", pids.limit);
    json.end_object();
}

struct IoColumn {
    std::string_view op;
    std::uint64_t DeviceIoStats::*bytes;
    std::uint64_t DeviceIoStats::*count;
};
constexpr std::array io_columns{
    IoColumn{"Read", &DeviceIoStats::read_bytes, &DeviceIoStats::reads},
    IoColumn{"Write", &DeviceIoStats::written_bytes, &DeviceIoStats::writes},
    IoColumn{"Discard", &DeviceIoStats::discarded_bytes, &DeviceIoStats::discards},
};

void write_io_list(JsonWriter& json, std::string_view name, const IoStats& io,
                   std::uint64_t DeviceIoStats::*IoColumn::*column) {
    if (io.devices.empty()) return;
    json.key(name).begin_array();
    for (const DeviceIoStats& device : io.devices)
        for (const IoColumn& each : io_columns) {
            json.begin_object();
            write_some(json, "major", device.major);
            write_some(json, "minor", device.minor);
            json.member("op", each.op);
            write_some(json, "value", device.*(each.*column));
            json.end_object();
        }
    json.end_array();
}

void write_io(JsonWriter& json, const IoStats& io) {
    json.key("blkio").begin_object();
    write_io_list(json, "ioServiceBytesRecursive", io, &IoColumn::bytes);
    write_io_list(json, "ioServicedRecursive", io, &IoColumn::count);
    write_pressure(json, io.pressure);
    json.end_object();
}

void write_hugepages(JsonWriter& json, const std::map<std::string, HugepageStats>& sizes) {
    json.key("hugetlb").begin_object();
    for (const auto& [size, stats] : sizes) {
        json.key(size).begin_object();
        write_some(json, "usage", stats.usage);
        json.member("failcnt", stats.limit_hits.value_or(0));
        json.end_object();
    }
    json.end_object();
}

}  // namespace

std::string_view name_of(EventKind kind) noexcept { return name_of_value(event_kinds, kind); }

void write_stats(JsonWriter& json, const Stats& stats) {
    json.begin_object();
    write_cpu(json, stats.cpu);
    write_cpuset(json, stats.cpu);
    write_memory(json, stats.memory);
    write_pids(json, stats.pids);
    write_io(json, stats.io);
    write_hugepages(json, stats.hugepages);
    json.key("intel_rdt").begin_object().end_object();
    json.key("network_interfaces").null();
    json.end_object();
}

std::string event_json(const Event& event) {
    std::string out;
    JsonWriter json{out};
    json.begin_object();
    json.member("type", name_of(event.kind));
    json.member("id", event.id);
    if (event.stats) {
        json.key("data");
        write_stats(json, *event.stats);
    }
    if (event.pressure) {
        json.key("data").begin_object();
        json.member("resource", event.resource);
        write_pressure(json, event.pressure);
        json.end_object();
    }
    json.end_object();
    return out + '\n';
}

}  // namespace oci::cli
